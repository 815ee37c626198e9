//! For each workbook: how it is filled in so that nothing is raised, and so that each rule is.

/// Answers are `path=value` below `/data`, `,` between several choices.
pub(super) struct Pack {
    pub form: &'static str,
    /// A whole form that raises nothing.
    pub clean: &'static str,
    /// What is answered otherwise, and all that it raises.
    pub cases: &'static [(&'static str, &'static str)],
}

pub(super) const PACKS: &[Pack] = &[
    Pack {
        form: "heating-visit",
        clean: "household/opener=owner household/living=owner rooms[1]/room=living rooms[1]/temperature=20 rooms[1]/radiator=even
            radiators/heating_mode=parallel radiators/emitter=steel radiators/entry_valve=open leaks/leak=no leaks/airlock=no
            leaks/filter=clean opinion/satisfaction=5 signature/told=OK",
        cases: &[
            ("leaks/leak=yes leaks/leak_where=joint leaks/leak_severity=spray", "repair_leak f2"),
            ("leaks/leak=yes leaks/leak_where=joint leaks/leak_severity=drip", "repair_leak f3"),
            ("leaks/leak=yes leaks/leak_where=joint leaks/leak_severity=damp", "watch_leak"),
            (
                "rooms[1]/temperature=13 rooms[1]/valve=half radiators/heating_mode=series radiators/supply_temp=38
                household/windows=draughty",
                "clean_filter open_valve balance_riser series_to_parallel insulate f4",
            ),
            ("rooms[1]/temperature=17.9 leaks/filter_cleaned=2026-10-01", "f5"),
            (
                "rooms[1]/radiator=air rooms[1]/valve=stuck leaks/airlock=yes leaks/bled=no radiators/entry_valve=broken
                radiators/changes=pump",
                "bleed_air replace_valve remove_alteration f6 f7",
            ),
            ("opinion/wishes=bill opinion/satisfaction=2 opinion/dissatisfied=x", "f8 f9"),
        ],
    },
    Pack {
        form: "facility-inspection",
        clean: "site/entrance=3-2 site/place=cupboard,basement site/access=open facilities[1]/facility=riser facilities[1]/where=1F
            facilities[1]/state=good facilities[1]/insulation=whole system/filter_cleaned=2026-09-01 system/vent_ok=yes
            system/drain_ok=yes system/gauge=ok system/water=dry system/block=none",
        cases: &[
            ("facilities[1]/state=leaking facilities[1]/leak_rate=run facilities[1]/fixed=no", "repair_leak f2"),
            ("facilities[1]/state=leaking facilities[1]/leak_rate=drip facilities[1]/fixed=no", "repair_leak f3"),
            ("facilities[1]/state=leaking facilities[1]/leak_rate=damp facilities[1]/fixed=no", "tighten"),
            ("facilities[1]/state=leaking facilities[1]/leak_rate=run facilities[1]/fixed=yes", ""),
            ("facilities[1]/facility=valve facilities[1]/state=stuck facilities[1]/fixed=no", "replace_part f4"),
            ("facilities[1]/state=rusty facilities[1]/fixed=no facilities[1]/insulation=part", "derust insulate_pipe"),
            ("facilities[1]/state=unseen site/access=no site/keeper=x", "look_again get_access"),
            ("system/filter_cleaned=2025-09-01 system/vent_ok=no system/gauge=expired", "clean_separator mend_vents renew_gauges"),
            ("system/water=deep system/block=built", "pump_out clear_block f5 f6"),
        ],
    },
    Pack {
        form: "pressure-test",
        clean: "job/stage=test job/section=S test/system=secondary test/kind=tightness test/working=0.6 test/gauges=2
            test/start_mpa=0.75 test/held=30 test/end_mpa=0.74 test/has_leak=no test/photo_start=p test/photo_end=p sign/tester=T
            sign/tester_sign=p",
        cases: &[
            ("job/stage=notice notice/test_day=2026-11-25 notice/someone=unknown notice/own_work=new", "notify_again watch_door"),
            ("job/stage=notice notice/test_day=2026-11-25 notice/someone=no", "close_entry_valve"),
            ("test/has_leak=yes leaks[1]/leak_rate=run leaks[1]/mended=no", "repair_leak test_again f2 f4"),
            ("test/has_leak=yes leaks[1]/leak_rate=drip leaks[1]/mended=no", "repair_leak test_again f3 f4"),
            ("test/gauges=1", "renew_gauges"),
            ("test/end_mpa=0.7", ""),
            ("test/end_mpa=0.69", "test_again f4"),
            ("test/held=29", "test_again f4"),
            ("test/kind=strength test/working=1 test/start_mpa=1.5 test/held=10 test/end_mpa=1.5", ""),
            ("test/kind=strength test/working=1 test/start_mpa=1.49 test/held=10 test/end_mpa=1.49", "test_again f4"),
            ("test/system=indoor test/pipe=plastic test/working=0.3 test/start_mpa=0.5 test/held=60 test/end_mpa=0.46", ""),
            ("test/system=indoor test/pipe=metal test/working=0.1 test/start_mpa=0.29", "test_again f4"),
        ],
    },
    Pack {
        form: "series-to-parallel",
        clean: "talk/explained=work,days,cost talk/role=owner survey/mode=parallel survey/risers=2 survey/hidden=none
            survey/photo_riser=p rooms[1]/room=living rooms[1]/temperature=20 rooms[1]/emitter=steel rooms[1]/obstacle=none
            decision/consent=agree decision/free=weekend decision/phone=13800000000 sign/signer=A sign/consent_sign=p",
        cases: &[
            ("survey/mode=series", "convert"),
            (
                "talk/role=tenant talk/owner_phone=13800000000 decision/consent=undecided decision/reason=tenant",
                "ask_owner explain_again",
            ),
            ("decision/consent=refuse decision/reason=cost,noise", "explain_again f2"),
            ("decision/consent=condition decision/condition=x", "settle_condition"),
            ("rooms[1]/obstacle=furniture,gas rooms[1]/temperature=17", "clear_room check_lines f3"),
        ],
    },
    Pack {
        form: "construction-check",
        clean: "site/project=P site/contractor=C site/phase=install site/photo_site=p drawing/d_stamped=ok drawing/d_change=na
            drawing/d_marked=ok material/m_cert=ok material/m_checked=ok material/m_stored=ok process/p_briefed=ok process/p_joint=ok
            process/p_support=ok process/p_sleeve=ok process/p_home=ok accept/q_pressure=ok accept/q_hidden=ok accept/q_upload=ok
            smart/o_number=ok smart/o_meter=ok smart/o_handover=na safety/s_fire=ok safety/s_power=ok safety/s_fence=ok
            close/foreman=F close/foreman_sign=p",
        cases: &[
            ("safety/s_fire=not problems[1]/problem=x problems[1]/serious=yes", "stop_work rectify f2 f3"),
            (
                "material/m_cert=not process/p_briefed=not process/p_home=not accept/q_pressure=not",
                "hold_material brief_crew test_again f4 f5 f6",
            ),
        ],
    },
    Pack {
        form: "after-repair",
        clean: "repair/way=visit repair/kind=leak repair/done_day=2026-11-20 result/solved=yes result/again=no result/dry=yes
            result/restored=yes result/photo_after=p rooms[1]/room=living rooms[1]/temperature=20 service/on_time=yes
            service/charged=no service/satisfaction=5",
        cases: &[
            ("result/dry=no", "repair_leak f2"),
            ("rooms[1]/temperature=17 result/restored=no", "check_cold restore f3"),
            ("repair/kind=noise result/quiet=no", "redo f4"),
            ("service/charged=yes service/receipt=no", "f5"),
            ("repair/kind=cold result/solved=no result/left=x", "redo f6"),
            ("service/satisfaction=2 service/dissatisfied=x", "apologise f7"),
        ],
    },
    Pack {
        form: "satisfaction",
        clean: "who/way=visit who/period=cold who/relation=owner scores/warm=5 scores/steady=5 scores/repaired=no scores/attitude=5
            scores/bill=5 scores/satisfaction=5 words/reply=no",
        cases: &[(
            "scores/warm=2 scores/repaired=yes scores/repair=2 scores/bill=1 scores/satisfaction=2 words/dissatisfied=x words/reply=yes
            words/phone=0371-66666666",
            "call_back measure_rooms explain_bill review_repair f2 f3 f4 f5",
        )],
    },
    Pack {
        form: "special-care",
        clean: "visit/occasion=everyday visit/care=elderly visit/met=face wellbeing/health=well wellbeing/needs=none rooms[1]/room=living
            rooms[1]/temperature=20 safety/heater=none help/photo_ok=no",
        cases: &[
            ("visit/met=nobody visit/last_seen=long", "find_person f2"),
            ("visit/met=nobody visit/last_seen=today", "visit_again"),
            ("wellbeing/health=urgent wellbeing/needs=repair,food", "call_ambulance bring_needs f3 f7"),
            (
                "safety/heater=coal,electric safety/co_alarm=no safety/wires=yes rooms[1]/temperature=15.9",
                "remove_stove check_wires warm_room f4 f5",
            ),
            ("rooms[1]/temperature=16 visit/care=poor,alone wellbeing/subsidy=no", "warm_room apply_subsidy visit_weekly f6"),
        ],
    },
    Pack {
        form: "station-reading",
        clean: "station/station_name=S station/running=yes primary/t1_supply=90 primary/t1_return=45 primary/p1_supply=0.8
            primary/p1_return=0.6 circuits[1]/zone=low circuits[1]/t2_supply=48 circuits[1]/t2_return=38 circuits[1]/p2_supply=0.5
            circuits[1]/p2_return=0.35 circuits[1]/p2_set=0.35 circuits[1]/filter_before=0.4 circuits[1]/filter_after=0.38
            makeup/meter_now=110 makeup/meter_before=100 makeup/used_usual=9 makeup/tank=ok pumps[1]/pump=circulation_1
            pumps[1]/pump_state=run pumps[1]/bearing=55 pumps[1]/shaking=no house/floor_water=dry house/wrong=none
            house/neighbour=no house/photo_gauges=p",
        cases: &[
            (
                "circuits[1]/p2_return=0.3 circuits[1]/filter_after=0.3 circuits[1]/t2_supply=60",
                "refill clean_separator balance_flow f3",
            ),
            ("pumps[1]/pump_state=fault", "change_pump f2"),
            ("pumps[1]/bearing=81 pumps[1]/shaking=yes", "change_pump"),
            ("pumps[1]/bearing=80 pumps[1]/shaking=yes", "check_pump"),
            ("makeup/meter_now=120 makeup/tank=low", "find_loss treat_water f4"),
            ("house/floor_water=water house/wrong=power house/neighbour=yes", "pump_sump mend_station quieten f5 f6 f7"),
        ],
    },
    Pack {
        form: "trench-check",
        clean: "site/road=R site/reason=planned site/permit=yes site/permit_no=1 site/permit_until=2026-12-01 site/board=yes
            site/phase=dig around/fence=yes around/lights=yes around/passage=yes around/dust=yes trench/depth=1.5 trench/soil=clay
            trench/support=none trench/spoil_distance=0.8 trench/spoil_height=1.5 trench/ladder=yes trench/water=no
            trench/exposed=none trench/photo_trench=p close/foreman=F close/phone=13800000000",
        cases: &[
            ("trench/depth=1.6", "shore f2"),
            ("trench/depth=3 trench/support=shored trench/special_plan=no", "special_scheme f2"),
            (
                "trench/exposed=gas trench/lel=12 trench/spoil_distance=0.7 trench/water=yes",
                "evacuate_gas move_spoil drain_trench f3",
            ),
            ("site/permit=no site/board=no around/fence=no", "stop_dig put_board secure_site f4 f5"),
            ("site/permit_until=2026-11-20", "stop_dig f4"),
            ("site/reason=burst site/permit=later", "get_permit"),
            ("site/phase=done fill/layers=no fill/surface=sunk", "refill repair_road f6"),
        ],
    },
    Pack {
        form: "garbage-truck",
        clean: "truck/plate=豫AD12345 truck/company=C truck/kind=press truck/spot=road truck/driver=D
            papers/shown=vehicle,driving,permit,insurance,emission papers/permit_until=2026-12-31 body/cover=closed body/leak=none
            body/clean=clean body/damaged=no body/marks=yes body/photo_truck=p load/loaded=part load/rated=8 load/weighed=8
            load/mixed=none track/gps=online track/route=yes close/decision=pass",
        cases: &[
            ("body/leak=spill body/cover=open body/clean=dirty", "stop_leak mend_cover wash f3"),
            ("load/loaded=heaped load/weighed=10 load/mixed=medical", "unload f4 f5"),
            ("papers/shown=vehicle", "renew_papers f2"),
            ("papers/permit_until=2026-11-20", "renew_papers f2"),
            ("track/gps=none track/route=no", "mend_gps talk_company f6"),
        ],
    },
    Pack {
        form: "dog-registration",
        clean: "keeper/reason=round keeper/has_dog=yes keeper/name=N keeper/phone=13800000000 keeper/dogs_count=1 dogs[1]/dog=B
            dogs[1]/breed=P dogs[1]/height=55 dogs[1]/banned=no dogs[1]/licence=valid dogs[1]/licence_no=1 dogs[1]/checked=yes
            dogs[1]/vaccine_day=2025-11-21 dogs[1]/tagged=yes dogs[1]/photo_dog=p manners/lead=yes manners/common=no
            complaint/complained=no promise/told=register promise/promised=OK promise/keeper_sign=p",
        cases: &[
            ("dogs[1]/licence=none dogs[1]/vaccine_day=", "register vaccinate f4"),
            ("dogs[1]/vaccine_day=2025-11-20 dogs[1]/checked=no", "vaccinate yearly_check"),
            ("dogs[1]/licence=lost dogs[1]/banned=unsure", "replace_licence identify"),
            ("dogs[1]/height=56", "rehome f3"),
            ("keeper/dogs_count=2", "reduce"),
            (
                "complaint/complained=yes complaint/about=bite,bark complaint/complaint_text=x complaint/settled=no manners/lead=no",
                "mediate warn_keeper f2 f5",
            ),
            ("keeper/has_dog=no", ""),
        ],
    },
    Pack {
        form: "drain-cleaning",
        clean: "job/road=R job/object=manhole job/method=enter job/traffic=net,cones job/photo_before=p crew/ticket=1 crew/guard=G
            crew/at_top=2 crew/gear=detector,blower,mask,harness,tripod,radio readings[1]/stage=vent
            readings[1]/measured=10:00:00.000+08:00 readings[1]/o2=20.8 readings[1]/h2s=2 readings[1]/lel=0
            entry/entry_time=10:20:00.000+08:00 entry/entered=yes entry/minutes=40 result/done=yes result/flows=yes
            result/defect=none result/cover=closed result/cleared=yes result/photo_after=p",
        cases: &[
            (
                "readings[1]/o2=19.4 readings[1]/h2s=10.5 readings[1]/lel=11 readings[1]/co=31",
                "stop_ventilate f2 f3 f4 f5",
            ),
            ("crew/at_top=1", "complete_crew"),
            ("result/cover=missing result/defect=collapse,root", "replace_cover repair_pipe trace_source f6 f7"),
            ("result/done=stopped result/cleared=no", "clean_again clear_road f8"),
        ],
    },
];
