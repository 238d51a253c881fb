//! The demo: everything once, and again in the same folder.

use crate::bench::Bench;

#[test]
fn the_demo_tells_what_happened_and_leaves_a_folder_to_go_on_with() {
    let bench = Bench::new();
    let demo = ["demo", "--dir", "tour", "--scale", "0.1"];
    let text = bench.fine(&demo);
    for words in ["What happened", "Reconciliation alerts: ", "0 of ", "What to type next", "scorelake --config tour/scorelake.toml query"]
    {
        assert!(text.contains(words), "{words}\n{text}");
    }
    for file in ["payload/qa_assessments_payload.json", "ndjson/assessment.ndjson.gz", "csv/feedback.csv", "parquet/manifest.json"] {
        assert!(bench.path().join("tour/out").join(file).is_file(), "{file}");
    }
    let config = ["--config", "tour/scorelake.toml", "query", "--format", "csv"];
    let versions = bench.fine(&[&config[..], &["select count(*) > 1 as revised from form_version"]].concat());
    assert_eq!(versions, "revised\n1\n");
    assert_eq!(bench.fine(&demo), text, "the same seed tells the same");
}

#[test]
fn the_demo_keeps_out_of_folders_that_are_not_its_own() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path().join("mine")).unwrap();
    bench.write("mine/notes.txt", "x");
    bench.check_refused(
        &["demo", "--dir", "mine"],
        2,
        "error: `mine` is not empty and no folder of a demo\nhint: name another one with `--dir`\n",
    );
}
