//! `form eval`: steps in, the states of all nodes and the submission out, as JSON.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{ChoiceList, Definition, Environment, NodeState, Session, Step};

/// Applies steps to an empty form and tells the state that it reaches. Steps that are refused are listed under
/// `refused` with their place among the steps.
#[must_use]
pub fn eval(definition: Arc<Definition>, environment: Environment, steps: &[Step]) -> Value {
    let now = environment.now;
    let mut session = Session::open(definition, environment);
    let mut refused = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        if let Some(refusal) = session.apply(step).refused {
            refused.push(json!({ "step": at, "reason": refusal }));
        }
    }
    let nodes: Vec<Value> = session.states().iter().map(node_json).collect();
    let mut result = Map::new();
    result.insert("nodes".to_owned(), Value::Array(nodes));
    result.insert("submission".to_owned(), Value::String(session.submit(now)));
    if !refused.is_empty() {
        result.insert("refused".to_owned(), Value::Array(refused));
    }
    let faults: Vec<&str> = session.faults().collect();
    if !faults.is_empty() {
        result.insert("faults".to_owned(), json!(faults));
    }
    Value::Object(result)
}

/// The choices of a question.
#[must_use]
pub fn choices_json(choices: &ChoiceList) -> Value {
    choices.iter().map(|(value, label)| json!({ "value": value, "label": label })).collect()
}

/// The state of a node; what a node of its kind does not have is left out.
#[must_use]
pub fn node_json(state: &NodeState) -> Value {
    let mut node = Map::new();
    let mut put = |name: &str, value: Value| node.insert(name.to_owned(), value);
    put("ref", json!(state.reference));
    put("node", json!(state.kind.name()));
    if let Some(language) = &state.language {
        put("language", json!(language));
        return Value::Object(node);
    }
    if let Some(data_type) = state.data_type {
        put("type", json!(data_type));
    }
    if let Some(multiple) = state.multiple {
        put("select", json!(if multiple { "select" } else { "select1" }));
    }
    put("relevant", json!(state.relevant));
    put("required", json!(state.required));
    put("readonly", json!(state.readonly));
    for (name, text) in [("value", &state.value), ("label", &state.label), ("hint", &state.hint)] {
        if let Some(text) = text {
            put(name, json!(text));
        }
    }
    if let Some(choices) = &state.choices {
        put("choices", choices_json(choices));
    }
    if let Some(count) = state.count {
        put("count", json!(count));
    }
    if state.value.is_some() {
        put("violation", state.violation.map_or(Value::Null, |v| json!(v.name())));
        if state.violation.is_some() {
            put("message", json!(state.message));
        }
    }
    Value::Object(node)
}
