// ODK Web Forms' engine (npm: @getodk/xforms-engine) on the same form: `node other.mjs MODULES FORM.xml STEPS.json ROUNDS`.
// MODULES is a folder in which npm installed it and jsdom, whose DOM it uses outside of a browser. A step is
// [ref, value, ref of the node that a screen would show then]. Prints {"open": [ms…], "step": [ms…], "choices": n}.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, file, stepsFile, rounds] = process.argv.slice(2);
const require = createRequire(path.join(modules, 'here.js'));
// What its parser looks for where it finds itself in node.
Object.assign(globalThis, { require, __dirname: modules });
const { window } = new (require('jsdom').JSDOM)('<!doctype html>');
const names = ['DOMParser', 'XMLSerializer', 'Document', 'XMLDocument', 'Element', 'Node', 'Text', 'Attr', 'Comment',
  'CDATASection', 'ProcessingInstruction', 'HTMLElement', 'NodeFilter', 'XPathResult', 'document'];
for (const name of names) globalThis[name] ??= window[name];
globalThis.window ??= window;
const entry = path.join(modules, 'node_modules/@getodk/xforms-engine/dist/index.js');
const { loadForm } = await import(pathToFileURL(entry));

const xml = fs.readFileSync(file, 'utf8');
const steps = JSON.parse(fs.readFileSync(stepsFile, 'utf8'));
const took = { open: [], step: [], choices: 0 };

const show = (node) => {
  const { value, label, relevant, valueOptions } = node.currentState;
  const texts = [label?.asString, node.validationState?.violation?.condition];
  return { value, texts, relevant, choices: valueOptions?.length ?? 0 };
};

for (let round = 0; round < Number(rounds); round++) {
  let from = performance.now();
  const form = await loadForm(xml, { fetchFormAttachment: async () => new Response('', { status: 404 }) });
  if (!form.createInstance) throw new Error(String(form.error));
  const { root } = form.createInstance();
  const nodes = new Map();
  const walk = (node) => {
    nodes.set(node.currentState.reference, node);
    node.currentState.children?.forEach(walk);
  };
  walk(root);
  const first = root.currentState.children.find((child) => child.currentState.children?.length);
  first?.currentState.children.forEach(show);
  took.open.push(performance.now() - from);
  for (const [ref, value, shown] of steps) {
    const node = nodes.get(ref);
    if (!node.currentState.relevant) continue;
    from = performance.now();
    node.setValue(value);
    const state = show(nodes.get(shown));
    took.step.push(performance.now() - from);
    took.choices = state.choices;
  }
}
console.log(JSON.stringify(took));
