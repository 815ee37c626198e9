use super::*;

fn round(text: &str) -> String {
    Document::parse(text).unwrap().write()
}

#[test]
fn what_is_read_is_written() {
    for text in [
        "<a/>",
        r#"<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head a="1" h:b="2"/></h:html>"#,
        "<a>x &lt; y &amp; z<b>tail</b> end</a>",
        "<?go now?><!-- first --><a xmlns=\"u\"><b xmlns=\"\"><c xmlns:p=\"q\" p:d=\"&quot;&#10;\"/></b></a><!-- last -->",
    ] {
        assert_eq!(round(text), text);
    }
}

#[test]
fn cdata_sections_are_texts_of_their_own() {
    let doc = Document::parse("<a>1 &amp; 2<![CDATA[<b>]]>&#65;<c/>z</a>").unwrap();
    let a = doc.document_element().unwrap();
    let texts: Vec<&str> = doc.children(a).filter(|&c| doc.kind(c) == Kind::Text).map(|c| doc.text(c)).collect();
    assert_eq!(texts, ["1 & 2", "<b>", "A", "z"]);
    assert_eq!(doc.string_value(a), "1 & 2<b>Az");
}

#[test]
fn errors_say_where() {
    let error = Document::parse("\n<a>\n<b></a>").unwrap_err();
    assert_eq!((error.line, error.column > 0), (3, true), "{error}");
    let bomb = r#"<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]><a>&d;</a>"#;
    assert!(Document::parse(bomb).is_err());
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert!(Document::parse(&deep).unwrap_err().to_string().contains("deep"));
}

#[test]
fn changes() {
    let mut doc = Document::parse("<data><r><n>1</n></r><end/></data>").unwrap();
    let data = doc.document_element().unwrap();
    let r = doc.child(data, "r").unwrap();
    let copy = doc.duplicate(r);
    doc.insert_after(r, copy);
    let n = doc.child(copy, "n").unwrap();
    doc.set_text(n, "2");
    assert_eq!(doc.write(), "<data><r><n>1</n></r><r><n>2</n></r><end/></data>");
    assert_eq!(doc.compare(n, r), std::cmp::Ordering::Greater);
    doc.append(n, data);
    doc.detach(r);
    doc.set_text(n, "");
    assert_eq!(doc.write(), "<data><r><n/></r><end/></data>");
    assert!(!doc.is_attached(r) && doc.is_attached(n));
    doc.insert_before(copy, r);
    assert_eq!(doc.write(), "<data><r><n>1</n></r><r><n/></r><end/></data>");
    doc.set_attribute(r, "b", "2");
    doc.set_attribute(r, "a", "1");
    doc.set_attribute(r, "b", "3");
    doc.remove_attribute(r, "a");
    assert_eq!(doc.write_node(r), r#"<r b="3"><n>1</n></r>"#);
    let backwards: Vec<_> = doc.children(data).rev().map(|c| doc.local_name(c)).collect();
    assert_eq!(backwards, ["end", "r", "r"]);
}

#[test]
fn copies_bring_their_namespaces() {
    let from = Document::parse(r#"<m xmlns="u" xmlns:j="v"><data id="x"><j:a j:k="1"/></data></m>"#).unwrap();
    let data = from.child(from.document_element().unwrap(), "data").unwrap();
    let mut to = Document::new();
    let copy = to.copy_from(&from, data);
    to.append(NodeId::DOCUMENT, copy);
    assert_eq!(to.write(), r#"<data xmlns="u" id="x"><j:a xmlns:j="v" j:k="1"/></data>"#);
}

#[test]
fn wide_parents_are_indexed() {
    let text = format!("<a>{}</a>", "<b/><c/>".repeat(20));
    let mut doc = Document::parse(&text).unwrap();
    let a = doc.document_element().unwrap();
    let c = doc.find_name("", "c").unwrap();
    assert_eq!(doc.elements_named(a, c).count(), 20);
    let first = doc.child(a, "c").unwrap();
    doc.detach(first);
    assert_eq!(doc.elements_named(a, c).count(), 19);
}

#[test]
fn pretty() {
    let doc = Document::parse("<a><b>text</b><c><d/>\n</c><e>x<f/></e></a>").unwrap();
    assert_eq!(doc.write_pretty(), "<a>\n  <b>text</b>\n  <c>\n    <d/>\n  </c>\n  <e>x<f/></e>\n</a>\n");
}
