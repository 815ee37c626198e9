#!/usr/bin/env python3
"""The figures of a day, week or month, computed from the raw events alone.

    huce-server export events --data DIR --to events.ndjson
    huce-server report week --from 2026-01-12 --data DIR --to week.json
    python3 tests/season/figures.py events.ndjson week 2026-01-12 --against week.json

Written from docs/season.md ("The rules") and from nothing of ours: no shared code, no shared way. It keeps everything in
memory and goes through it again and again, since it has to be right and may be slow. Prints its figures as JSON; with
--against it prints every figure that differs from the server's report, and ends with 1 when one does.
"""

import argparse
import datetime
import json
import math
import sys
from collections import defaultdict

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
# Nobody asked for anything before 2024: a clock that says so is wrong.
FIRST_MS = 1_704_067_200_000

FIGURES = """households covered visits no_answer refused inspections seen measured cold plans_opened plans_closed
plans_measured plans_open plans_overdue taken answer_due answered_in_time solve_due solved_in_time closed called_back
satisfied repeated solved requests_open requests_overdue found""".split()


# ---- Zhengzhou's days ------------------------------------------------------------------------------------------------

def midnight_ms(day):
    """When a day begins in Zhengzhou, UTC+8."""
    days = (day - datetime.date(1970, 1, 1)).days
    return days * DAY - 8 * HOUR


def day_of(ms):
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=(ms + 8 * HOUR) // DAY)


def period_of(kind, day):
    """First instant, first instant after it."""
    if kind == "day":
        first, after = day, day + datetime.timedelta(days=1)
    elif kind == "week":
        first = day - datetime.timedelta(days=day.weekday())
        after = first + datetime.timedelta(days=7)
    else:
        first = day.replace(day=1)
        after = (first + datetime.timedelta(days=31)).replace(day=1)
    return midnight_ms(first), midnight_ms(after)


def before(kind, period):
    return period_of(kind, day_of(period[0] - DAY))


def year_before(kind, period):
    first = day_of(period[0])
    if kind == "month":
        return period_of(kind, first.replace(year=first.year - 1))
    return period_of(kind, first - datetime.timedelta(days=364))


def heating_year_ms(ms):
    """The 1st of April at or before an instant."""
    today = day_of(ms)
    april = datetime.date(today.year, 4, 1)
    return midnight_ms(april if april <= today else april.replace(year=today.year - 1))


# ---- Events become records -------------------------------------------------------------------------------------------

class Event:
    def __init__(self, payload):
        self.device, self.seq = payload["device"], payload["seq"]
        self.name = f"{self.device}-{self.seq}"
        self.id = (self.device, self.seq)
        self.at = tuple(payload["at"])
        self.when = self.at[0] + (payload.get("offset_ms") or 0)
        self.person, self.grid = payload["person"], payload["grid"]
        self.household, self.facility = payload.get("household"), payload.get("facility")
        self.body = payload["body"]

    def site(self):
        """A household, else a facility, else nothing."""
        if self.household:
            return ("household", self.household)
        return ("facility", self.facility) if self.facility else None


def read_events(path):
    seen = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            event = Event(json.loads(line)["payload"])
            seen[event.id] = event
    return list(seen.values())


class Record:
    """All edits of one thing. A field shows the newest assertion that no other one replaces."""

    def __init__(self, noun, name, edits):
        self.noun, self.name, self.edits = noun, name, edits
        self.newest = max(edits, key=lambda e: (e.at, e.id))
        self.shown = {}
        said, replaced = defaultdict(list), defaultdict(set)
        for event in edits:
            for field, assertion in event.body["set"].items():
                said[field].append(event)
                replaced[field].update(assertion.get("over") or [])
        for field, events in said.items():
            live = [event for event in events if event.name not in replaced[field]]
            if live:
                event = max(live, key=lambda e: (e.at, e.id))
                self.shown[field] = (event.body["set"][field]["v"], event)

    def value(self, field):
        return self.shown[field][0] if field in self.shown else None

    def by(self, field):
        """The event whose value is shown."""
        return self.shown[field][1] if field in self.shown else None

    def integer(self, field):
        value = self.value(field)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def number(self, field):
        value = self.value(field)
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    def numbered(self, kind):
        """The parts `kind/N` in the order of N, those that say something."""
        parts = []
        for field, (value, event) in self.shown.items():
            head, _, n = field.partition("/")
            if head == kind and n.lstrip("-").isdigit() and value is not None:
                parts.append((int(n), value, event))
        return sorted(parts, key=lambda part: part[0])


def records_of(events):
    edits = defaultdict(list)
    for event in events:
        if event.body["kind"] == "edit":
            edits[(event.body["noun"], event.body["id"])].append(event)
    return {key: Record(*key, of) for key, of in edits.items()}


class World:
    def __init__(self, events):
        self.events = events
        self.records = records_of(events)
        self.named = {event.name: event for event in events}
        self.grids = {name: record for (noun, name), record in self.records.items() if noun == "grid"}
        corrected = {event.body.get("corrects") for event in events if event.body["kind"] == "visit"}
        self.visits = [e for e in events if e.body["kind"] == "visit" and e.name not in corrected and self.stands(e.site())]
        self.calls = defaultdict(list)
        for event in events:
            if event.body["kind"] == "call_back":
                self.calls[(event.site(), event.body["request"])].append(event)
        self.households = [record for (noun, _), record in self.records.items() if noun == "household"]
        self.plans = [Plan(self, r) for (noun, _), r in self.records.items() if noun == "plan" and r.newest.household]
        requests = [r for (noun, _), r in self.records.items() if noun == "request"]
        self.requests = [Request(self, r) for r in requests if r.integer("taken_ms") is not None and r.value("channel")]

    def stands(self, site):
        """The grid in which a household or facility lies now; nothing where nobody knows it."""
        record = self.records.get(site) if site else None
        if record is None:
            return None
        return record.value("grid") or record.newest.grid

    def listed_under(self, grid):
        """The inspector's grid at or above a grid, else itself."""
        at, seen = grid, set()
        while at and at in self.grids and at not in seen:
            if self.grids[at].value("level") == "inspector":
                return at
            seen.add(at)
            at = self.grids[at].value("parent")
        return grid


# ---- Plans -----------------------------------------------------------------------------------------------------------

def tenths(celsius):
    """Tenths of a degree, a half away from zero."""
    scaled = celsius * 10.0
    return int(math.copysign(math.floor(abs(scaled) + 0.5), scaled))


class Plan:
    def __init__(self, world, record):
        site = ("household", record.newest.household)
        self.grid = world.stands(site) or record.newest.grid
        opening = world.named.get(record.name)
        first = min(record.edits, key=lambda e: (e.at, e.id))
        # A plan is named by the event that opened it.
        self.opened = opening.when if opening in record.edits else first.at[0]
        measures = []
        for field in record.shown:
            head, _, part = field.rpartition("/")
            if head.startswith("measure/") and part == "title" and isinstance(record.value(field), str):
                state = record.value(f"{head}/state")
                state = state if state in ("open", "done", "dropped") else "open"
                by = record.by(f"{head}/state")
                until = record.value(f"{head}/until")
                measures.append((state, by.when if by else None, until if isinstance(until, str) else None))
        looks = []
        for field in record.shown:
            parts = field.split("/")
            if len(parts) == 3 and parts[0] == "follow" and parts[2] == "due" and isinstance(record.value(field), str):
                done = f"follow/{parts[1]}/done_c"
                by = record.by(done)
                looks.append((record.value(field), record.number(done), by.when if by else None))
        done = sum(1 for m in measures if m[0] == "done")
        all_measures = sum(1 for m in measures if m[0] != "dropped")
        worked_off = all_measures > 0 and done == all_measures and all(temp is not None for _, temp, _ in looks)
        closed_by = record.by("closed") if record.value("closed") is True else None
        self.closed = None
        if closed_by and not worked_off:
            self.closed = closed_by.when
        elif worked_off:
            ends = [when for _, when, _ in measures if when is not None]
            ends += [when for _, _, when in looks if when is not None]
            candidates = ([max(ends)] if ends else []) + ([closed_by.when] if closed_by else [])
            self.closed = min(candidates) if candidates else self.opened
        is_closed = closed_by is not None or worked_off
        waiting = [due for due, temp, _ in looks if temp is None]
        dates = [until for state, _, until in measures if state == "open" and until]
        if is_closed:
            self.due = None
        elif all_measures > 0 and done == all_measures:
            self.due = min(waiting, default=None)
        else:
            self.due = min(dates + waiting, default=None)
        was, now = record.number("before_c"), record.number("after_c")
        self.effect = None
        if was is not None and now is not None:
            self.effect = (tenths(now) - tenths(was), record.by("after_c").when)

    def is_open(self, at):
        return self.opened < at and (self.closed is None or self.closed >= at)

    def is_overdue(self, at):
        if not self.due or not self.is_open(at):
            return False
        return midnight_ms(datetime.date.fromisoformat(self.due) + datetime.timedelta(days=1)) < at


# ---- Requests --------------------------------------------------------------------------------------------------------

class Request:
    def __init__(self, world, record):
        self.name = record.name
        household, facility = record.newest.household, record.newest.facility
        self.site = ("household", household) if household else (("facility", facility) if facility else None)
        self.grid = world.stands(self.site) or record.newest.grid
        self.channel = record.value("channel")
        self.category = record.value("category") or "other"
        self.severity = record.value("severity") or "small"
        self.taken = record.integer("taken_ms")
        answered, solved = record.integer("answered_ms"), record.integer("resolved_ms")
        self.answered = None if answered is None else max(answered, self.taken)
        self.solved = None if solved is None else max(solved, self.taken)
        self.joined = record.value("joined")
        self.another = record.value("another") is True
        self.again = [value["ms"] for _, value, _ in record.numbered("again")]
        late = [ms for ms in (answered, solved) if ms is not None and ms < self.taken - MINUTE]
        # A wrong clock made its times: it counts for no promise.
        self.doubtful = self.taken < FIRST_MS or bool(late)
        self.pauses = [
            (value["ms"], record.integer(f"resume/{n}")) for n, value, _ in record.numbered("pause")
        ]
        self.said, self.satisfied = None, None
        solved_by = record.by("resolved_ms") if solved is not None else None
        if solved_by:
            self._hear(world, record, solved_by, solved)

    def _hear(self, world, record, solved_by, solved):
        """What the resident said last of the newest solution."""
        heard = []
        for call in world.calls[(self.site, self.name)]:
            of = call.body.get("of")
            about = of == solved_by.name if of else call.when >= self.solved
            if about and call.body.get("satisfied") is not None:
                heard.append((call.when, call.id, call.body["satisfied"]))
        if heard and self.site:
            self.said, _, self.satisfied = max(heard)
            return
        # Where there is no door the answer stands in the request itself.
        by, answer = record.by("satisfied"), record.value("satisfied")
        if by and isinstance(answer, bool):
            of = record.value("satisfied_of")
            if (of == solved_by.name) if of else (by.when >= solved):
                self.said, self.satisfied = by.when, answer

    def closed(self):
        ends = self.joined is None and self.solved is not None and self.satisfied is True
        return (self.said if self.said is not None else self.solved) if ends else None

    def is_open(self, at):
        closed = self.closed()
        return self.joined is None and self.taken < at and (closed is None or closed >= at)

    def promise(self):
        """When the solution is due, and since when the clock stands still."""
        due = self.taken + (8 * HOUR if self.severity == "major" else 20 * MINUTE)
        still, counted_to = None, self.taken
        for begins, resumed in self.pauses:
            begins = max(begins, counted_to)
            if begins > due:
                break
            ends = [ms for ms in (resumed, self.solved) if ms is not None]
            if ends:
                due += max(min(ends) - begins, 0)
                counted_to = max(counted_to, min(ends))
            else:
                still = begins
        return due, still

    def is_overdue(self, at):
        due, still = self.promise()
        solved = self.solved is not None and self.solved < at
        stands = still is not None and still <= due
        return self.is_open(at) and due < at and not (solved or stands or self.doubtful)

    def kept(self, now):
        """Of the answer and of the solution: kept, broken, or nothing yet."""
        if self.doubtful:
            return [None, None]
        due, still = self.promise()
        answered = self.answered if self.answered is not None else self.solved
        clocks = [(self.taken + 5 * MINUTE, answered, None), (due, self.solved, still)]

        def one(due, stopped, still):
            if stopped is not None:
                return stopped <= due
            here = max(now if still is None else still, self.taken)
            return False if due - here < 0 else None

        return [one(*clock) for clock in clocks]

    def asked(self):
        return max([self.taken] + self.again)


# ---- Counting --------------------------------------------------------------------------------------------------------

class Sums:
    def __init__(self):
        self.counts = defaultdict(int)
        self.tenths = defaultdict(int)
        self.effect = 0

    def add(self, other):
        for figure, n in other.counts.items():
            self.counts[figure] += n
        for temp, n in other.tenths.items():
            self.tenths[temp] += n
        self.effect += other.effect

    def plain(self):
        return {
            "counts": [[figure, self.counts[figure]] for figure in FIGURES if self.counts[figure]],
            "tenths": [[temp, n] for temp, n in sorted(self.tenths.items())],
            "effect_tenths": self.effect,
        }


def count(world, period, now, step_ms):
    """Sums of each grid on its own, and the steps of the chart."""
    since, until = period
    at = min(until, now + 1)
    grids = defaultdict(Sums)
    steps = [{"visits": 0, "taken": 0, "solved": 0} for _ in range((until - since) // step_ms)]

    def one(grid, figure):
        grids[grid].counts[figure] += 1

    def happened(ms):
        return ms is not None and since <= ms < at

    for household in world.households:
        one(world.stands(("household", household.name)), "households")
    count_visits(world, grids, one, steps, period, at, step_ms)
    for plan in world.plans:
        if happened(plan.opened):
            one(plan.grid, "plans_opened")
            one(plan.grid, "found")
        if happened(plan.closed):
            one(plan.grid, "plans_closed")
        if plan.effect and happened(plan.effect[1]):
            one(plan.grid, "plans_measured")
            grids[plan.grid].effect += plan.effect[0]
        if plan.is_open(at):
            one(plan.grid, "plans_open")
        if plan.is_overdue(at):
            one(plan.grid, "plans_overdue")
    for request in world.requests:
        for asked in request.again:
            if happened(asked):
                one(request.grid, "repeated")
        if request.joined is not None:
            continue
        if happened(request.taken):
            one(request.grid, "taken")
            steps[(request.taken - since) // step_ms]["taken"] += 1
            answer, solution = request.kept(now)
            for kept, due, in_time in [(answer, "answer_due", "answered_in_time"), (solution, "solve_due", "solved_in_time")]:
                if kept is not None:
                    one(request.grid, due)
                if kept:
                    one(request.grid, in_time)
            if request.closed() is not None:
                one(request.grid, "closed")
            if request.satisfied is not None:
                one(request.grid, "called_back")
            if request.satisfied:
                one(request.grid, "satisfied")
            if request.channel == "visit":
                one(request.grid, "found")
        if happened(request.solved):
            one(request.grid, "solved")
            steps[(request.solved - since) // step_ms]["solved"] += 1
        if request.is_open(at):
            one(request.grid, "requests_open")
        if request.is_overdue(at):
            one(request.grid, "requests_overdue")
    for request in repeats(world.requests, since, at):
        one(request.grid, "repeated")
    return grids, steps


def count_visits(world, grids, one, steps, period, at, step_ms):
    since, until = period
    april = heating_year_ms(at - 1)
    at_door = defaultdict(list)
    for visit in world.visits:
        grid, outcome = world.stands(visit.site()), visit.body["outcome"]
        if visit.when >= at:
            continue
        if visit.when >= since:
            one(grid, "visits")
            steps[(visit.when - since) // step_ms]["visits"] += 1
            if outcome in ("no_answer", "refused"):
                one(grid, outcome)
            elif visit.site()[0] == "facility":
                one(grid, "inspections")
        if visit.site()[0] == "household":
            at_door[visit.household].append(visit)
    for household, visits in at_door.items():
        grid = world.stands(("household", household))
        ended = [v for v in visits if v.body["outcome"] in ("done", "refused")]
        if any(v.when >= april for v in ended):
            one(grid, "covered")
        if any(v.when >= since for v in ended):
            one(grid, "seen")
        measured = [v for v in visits if v.when >= since and v.body.get("readings")]
        if measured:
            newest = max(measured, key=lambda v: (v.when, v.id))
            lowest = tenths(min(reading["temp_c"] for reading in newest.body["readings"]))
            one(grid, "measured")
            grids[grid].tenths[lowest] += 1
            if lowest < 180:
                one(grid, "cold")


def repeats(requests, since, at):
    """Requests about the same matter at the same place within seven days after the one before."""
    places = defaultdict(list)
    for request in requests:
        if request.site and since - WEEK <= request.taken < at:
            places[(request.site, request.category)].append(request)
    for here in places.values():
        here.sort(key=lambda r: (r.taken, r.another, r.name))
        for earlier, later in zip(here, here[1:]):
            soon = later.taken - earlier.asked() <= WEEK
            if soon and not later.another and later.taken >= since:
                yield later


# ---- The league ------------------------------------------------------------------------------------------------------

def half_up(part, whole):
    return 0 if whole == 0 else (2 * part + whole) // (2 * whole)


def league(grids):
    """Four parts of 250 tenths of a point, corrected for households and for few cases (src-core/src/figures/league.rs)."""
    players = {grid: sums for grid, sums in grids.items() if sums.counts["households"] > 0}
    everybody = Sums()
    for sums in players.values():
        everybody.add(sums)

    def found(own):
        mine, ours = own.counts["found"], everybody.counts["found"]
        if ours == 0:
            return 125
        doors, all_doors = own.counts["households"], everybody.counts["households"]
        return min(half_up(mine * all_doors * 125, doors * ours), 250)

    def share(own, part, whole):
        if everybody.counts[whole] == 0:
            return 250
        # Each grid has five cases more, which went as all cases together.
        lent = half_up(everybody.counts[part] * 5 * 1_000_000, everybody.counts[whole])
        return half_up((own.counts[part] * 1_000_000 + lent) * 250, (own.counts[whole] + 5) * 1_000_000)

    rates = [("closed", "taken"), ("solved_in_time", "solve_due"), ("satisfied", "called_back")]
    lines = []
    for grid, sums in players.items():
        parts = [found(sums)] + [share(sums, *rate) for rate in rates]
        lines.append({"grid": grid, "parts": parts, "tenths": sum(parts)})
    lines.sort(key=lambda line: (-line["tenths"], line["grid"]))
    for line in lines:
        line["place"] = 1 + sum(1 for other in lines if other["tenths"] > line["tenths"])
    return lines


# ---- The report ------------------------------------------------------------------------------------------------------

def total(grids):
    sums = Sums()
    for own in grids.values():
        sums.add(own)
    return sums


def report(world, kind, day, now):
    period = period_of(kind, day)
    step_ms = HOUR if kind == "day" else DAY
    grids, steps = count(world, period, now, step_ms)
    listed = defaultdict(Sums)
    for grid, sums in grids.items():
        listed[world.listed_under(grid)].add(sums)
    all_of_it = total(grids)
    return {
        "total": all_of_it.plain(),
        "before": total(count(world, before(kind, period), now, step_ms)[0]).plain(),
        "season_before": total(count(world, year_before(kind, period), now, step_ms)[0]).plain(),
        "grids": [{"grid": grid, "sums": listed[grid].plain()} for grid in sorted(listed)],
        "league": league(listed),
        "steps": steps,
        "overdue_total": all_of_it.counts["plans_overdue"] + all_of_it.counts["requests_overdue"],
    }


def differences(path, mine, theirs):
    """Everything that this script has and the report has otherwise."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key, value in mine.items():
            yield from differences(f"{path}.{key}", value, theirs.get(key))
    elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        for n, (a, b) in enumerate(zip(mine, theirs)):
            yield from differences(f"{path}[{n}]", a, b)
    elif mine != theirs:
        yield f"{path}: the events say {mine}, the report says {theirs}"


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("events", help="what `huce-server export events` wrote")
    ask.add_argument("kind", choices=["day", "week", "month"])
    ask.add_argument("day", type=datetime.date.fromisoformat, help="a day that lies in it, YYYY-MM-DD")
    ask.add_argument("--now-ms", type=int, help="as it is known then; by default the report's instant, or the last event's")
    ask.add_argument("--against", help="what `huce-server report … --to FILE.json` wrote")
    asked = ask.parse_args()
    theirs = None
    if asked.against:
        with open(asked.against, encoding="utf-8") as file:
            theirs = json.load(file)
    world = World(read_events(asked.events))
    now = asked.now_ms
    if now is None:
        now = theirs["now_ms"] if theirs else max(event.when for event in world.events)
    mine = report(world, asked.kind, asked.day, now)
    if theirs is None:
        json.dump(mine, sys.stdout, ensure_ascii=False, indent=1)
        print()
        return 0
    wrong = list(differences("report", mine, theirs))
    print("\n".join(wrong) if wrong else f"{asked.kind} {asked.day}: every figure agrees")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
