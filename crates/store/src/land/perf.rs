
use crate::testing::*;
#[test]
fn perf() {
    let mut bench = Bench::new();
    let tenant = acme();
    let f = form(20, 2.0);
    let pages: Vec<Vec<_>> = (0..20).map(|p| (0..500).map(|n| assessment(&format!("{:08x}-a", ((p*500+n) as u32).wrapping_mul(0x9e3779b9)), 2 + (p % 20) as i8, 20, Some(&f))).collect()).collect();
    let len: usize = pages[0][0].row.iter().map(|c| c.to_json().to_string().len()).sum();
    eprintln!("row {len} source {}", pages[0][0].source.len());
    for _ in 0..2 {
        let t = std::time::Instant::now();
        let mut worst = std::time::Duration::ZERO;
        for p in &pages { let t = std::time::Instant::now(); bench.store.land_page(&page(&tenant, 20, crate::DeletedPolicy::Archive, p)).unwrap(); worst = worst.max(t.elapsed()); }
        eprintln!("20 pages of 500: {:?}, worst {worst:?}", t.elapsed());
    }
    let t = std::time::Instant::now();
    let parts = bench.store.partitions(&model::table::ASSESSMENT, crate::PartitionBy::Column("form_version_id")).unwrap();
    eprintln!("{parts:?} {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let mut n = 0;
    bench.store.scan(&model::table::ASSESSMENT, &crate::Filter { by: crate::PartitionBy::Column("form_version_id"), partition: Some(parts[0].partition.clone()), ..Default::default() }, &mut |_, _| { n += 1; Ok::<(), ()>(()) }).unwrap();
    eprintln!("scan {n} {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let mut n = 0;
    bench.store.scan(&model::table::ASSESSMENT_ANSWER, &crate::Filter::default(), &mut |_, _| { n += 1; Ok::<(), ()>(()) }).unwrap();
    eprintln!("answers {n} {:?}", t.elapsed());
    eprintln!("{}", query(&bench.store, "EXPLAIN QUERY PLAN SELECT * FROM assessment_answer ORDER BY tenant, assessment_id, ordinal").unwrap());
    eprintln!("{}", query(&bench.store, "EXPLAIN QUERY PLAN SELECT * FROM assessment WHERE form_version_id IS 'f-1' AND is_archived = 0 ORDER BY tenant, assessment_id").unwrap());
    eprintln!("{}", query(&bench.store, "EXPLAIN QUERY PLAN SELECT form_version_id AS part, is_archived AS archived, COUNT(*), MAX(change_seq) FROM assessment GROUP BY part, archived ORDER BY part, archived").unwrap());
    eprintln!("{}", query(&bench.store, "EXPLAIN QUERY PLAN SELECT * FROM assessment_answer WHERE form_version_id IS 'f-1' ORDER BY tenant, assessment_id, ordinal").unwrap());
    eprintln!("{}", query(&bench.store, "EXPLAIN QUERY PLAN SELECT * FROM assessment_answer WHERE change_seq > 5 ORDER BY change_seq, tenant, assessment_id, ordinal").unwrap());
    eprintln!("{}", query(&bench.store, "EXPLAIN QUERY PLAN SELECT form_version_id AS part, 0 AS archived, COUNT(*), MAX(change_seq) FROM assessment_answer GROUP BY part, archived").unwrap());
    eprintln!("{}", query(&bench.store, "EXPLAIN QUERY PLAN SELECT substr(created_at,1,7) AS part, is_archived AS archived, COUNT(*), MAX(change_seq) FROM feedback GROUP BY part, archived").unwrap());
    eprintln!("{:?}", std::fs::metadata(bench.path()).unwrap().len());
}
