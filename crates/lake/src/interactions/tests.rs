//! Interactions files, good and bad, as text and as Parquet.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Int64Array, LargeStringArray, RecordBatch, StringArray, StringViewArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
};
use model::interaction::read_keys;
use model::time;
use parquet::arrow::ArrowWriter;

use super::*;

/// The rows, a line each, then the warnings; or the error and its hint.
fn shown(path: &Path, keys: &[&str]) -> String {
    let (_, columns) = read_keys(keys).unwrap();
    let masked = |words: &str| words.replace(&path.display().to_string(), "FILE");
    let refused = |error: &InteractionsError| match &error.hint {
        Some(hint) => format!("{} / {hint}", masked(&error.message)),
        None => masked(&error.message),
    };
    let mut rows = match read(path, &columns) {
        Ok(rows) => rows,
        Err(error) => return refused(&error),
    };
    let mut lines = Vec::new();
    for row in &mut rows {
        lines.push(match row {
            Ok(row) => line(&row),
            Err(error) => refused(&error),
        });
    }
    lines.extend(rows.warnings().iter().map(|warning| masked(warning)));
    lines.join("\n")
}

fn line(row: &Interaction) -> String {
    let moments = [row.started_at, row.ended_at].map(|moment| moment.map(time::text));
    let [started, ended] = &moments;
    let cells = [&row.interaction_id, &row.external_reference_id, &row.segment_id, &row.agent_id, started, ended, &row.media];
    cells.map(|cell| cell.as_deref().unwrap_or("-")).join(" ")
}

fn place(folder: &tempfile::TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}

#[track_caller]
fn check(text: &str, keys: &[&str], expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = place(&folder, "calls.csv");
    std::fs::write(&path, text).unwrap();
    assert_eq!(shown(&path, keys), expected);
}

#[track_caller]
fn check_parquet(columns: Vec<(&str, ArrayRef)>, keys: &[&str], expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = place(&folder, "calls.bin");
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    assert_eq!(shown(&path, keys), expected);
}

const HEAD: &str = "interaction_id,agent_id,ended_at";

#[test]
fn columns_stand_in_any_order_and_others_are_left_alone() {
    check(
        "media,ended_at,x,agent_id,interaction_id,started_at\ncall,2024-01-02T10:00:00.1239Z,?,a-1,i-1,2024-01-02T10:50:00+01:00\n\"a \"\"b\"\"\",,,,\" i,2 \",\n",
        &[],
        "i-1 - - a-1 2024-01-02T09:50:00.000Z 2024-01-02T10:00:00.123Z call\n i,2  - - - - - a \"b\"",
    );
}

#[test]
fn a_heading_may_begin_with_a_byte_order_mark() {
    check(&format!("\u{feff}{HEAD}\r\ni,a,2024-01-02T10:00:00Z\r\n"), &[], "i - - a - 2024-01-02T10:00:00.000Z -");
}

#[test]
fn columns_of_other_names_are_told_by_the_operator() {
    check(
        "conversationId,user,end,contact\nc-1,a-1,2024-01-02T10:00:00Z,77\n",
        &["interaction_id=conversationId", "agent_id=user", "ended_at=end", "segment_id=contact"],
        "c-1 - 77 a-1 - 2024-01-02T10:00:00.000Z -",
    );
}

#[test]
fn one_column_of_ids_is_enough() {
    check("segment_id,agent_id,ended_at\ns,a,\n", &[], "- - s a - - -");
    check(
        "id,agent_id,ended_at\n",
        &[],
        "interactions file `FILE` has no column `interaction_id`; the nearest is `id` / say what its column is called: `--key interaction_id=COLUMN`; `external_reference_id` or `segment_id` would do too",
    );
}

#[test]
fn a_missing_column_is_named_with_the_nearest() {
    check(
        "interaction_id,AgentId,ended_at\n",
        &[],
        "interactions file `FILE` has no column `agent_id`; the nearest is `AgentId` / say what its column is called: `--key agent_id=COLUMN`",
    );
    check(
        HEAD,
        &["media=channel"],
        "interactions file `FILE` has no column `channel` / say what its column is called: `--key media=COLUMN`",
    );
    check(
        "interaction_id;agent_id;ended_at\n",
        &[],
        "interactions file `FILE` has no column `agent_id`; the nearest is `interaction_id;agent_id;ended_at` / its columns seem to be separated by `;`; save it with commas",
    );
    check(&format!("{HEAD},agent_id\n"), &[], "interactions file `FILE` has two columns `agent_id`");
    check("", &[], "interactions file `FILE` is empty; its first line must name the columns");
}

#[test]
fn a_time_without_an_offset_is_refused_with_row_and_column() {
    check(
        &format!("{HEAD}\ni,a,2024-01-02T10:00:00Z\n\"i\n2\",a,\ni,a,2024-01-02 10:00:00\ni,a,2024-01-02T10:00:00Z\n"),
        &[],
        "i - - a - 2024-01-02T10:00:00.000Z -\ni\n2 - - a - - -\ninteractions file `FILE`, row 3 (line 5), column `ended_at`: `2024-01-02 10:00:00` is not an RFC 3339 time with an offset",
    );
}

#[test]
fn a_row_without_any_id_is_refused() {
    check(&format!("{HEAD}\n,a,2024-01-02T10:00:00Z\n"), &[], "interactions file `FILE`, row 1 (line 2): `interaction_id` is empty");
    check(
        &format!("{HEAD},segment_id\n ,a,2024-01-02T10:00:00Z,\n"),
        &[],
        "interactions file `FILE`, row 1 (line 2): `interaction_id`, `segment_id` are all empty",
    );
}

#[test]
fn a_row_of_another_length_is_refused() {
    check(&format!("{HEAD}\ni,a\n"), &[], "interactions file `FILE`, row 1 (line 2): 2 fields where the heading has 3");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(shown(&place(&folder, "none.csv"), &[]), "interactions file `FILE` does not exist");
    assert_eq!(shown(folder.path(), &[]), "interactions file `FILE` cannot be read: is a directory");
    let path = place(&folder, "latin.csv");
    std::fs::write(&path, b"interaction_id,agent_id,ended_at\ni,\xe9,\n").unwrap();
    assert_eq!(shown(&path, &[]), "interactions file `FILE`, row 1 (line 2): not UTF-8 text");
    let path = place(&folder, "calls.PARQUET");
    std::fs::write(&path, HEAD).unwrap();
    assert_eq!(shown(&path, &[]), "interactions file `FILE` is called `.parquet` and does not begin like a Parquet file");
    let path = place(&folder, "cut.parquet");
    std::fs::write(&path, "PAR1 and then nothing").unwrap();
    assert!(shown(&path, &[]).starts_with("interactions file `FILE` cannot be read: "), "{}", shown(&path, &[]));
}

fn texts(words: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(words.to_vec()))
}

#[test]
fn parquet_gives_the_same_rows_from_every_kind_of_text_and_time() {
    const AT: i64 = 1_704_189_600;
    let texts: [ArrayRef; 4] = [
        texts(&["i"]),
        Arc::new(LargeStringArray::from(vec!["i"])),
        Arc::new(StringViewArray::from(vec!["i"])),
        Arc::new(["i"].into_iter().collect::<DictionaryArray<Int8Type>>()),
    ];
    let times: [ArrayRef; 5] = [
        Arc::new(TimestampSecondArray::from(vec![AT]).with_timezone("UTC")),
        Arc::new(TimestampMillisecondArray::from(vec![AT * 1_000]).with_timezone("+02:00")),
        Arc::new(TimestampMicrosecondArray::from(vec![AT * 1_000_000 + 999]).with_timezone("America/Chicago")),
        Arc::new(TimestampNanosecondArray::from(vec![AT * 1_000_000_000]).with_timezone("UTC")),
        Arc::new(StringArray::from(vec!["2024-01-02T11:00:00+01:00"])),
    ];
    for text in &texts {
        for time in &times {
            let columns = vec![
                ("x", Arc::clone(time)),
                ("interaction_id", Arc::clone(text)),
                ("ended_at", Arc::clone(time)),
                ("agent_id", Arc::clone(text)),
            ];
            check_parquet(columns, &[], "i - - i - 2024-01-02T10:00:00.000Z -");
        }
    }
}

#[test]
fn a_parquet_time_without_a_zone_is_utc_and_told() {
    let time: ArrayRef = Arc::new(TimestampSecondArray::from(vec![1_704_189_600]));
    check_parquet(
        vec![("interaction_id", texts(&["i"])), ("agent_id", texts(&["a"])), ("ended_at", time)],
        &[],
        "i - - a - 2024-01-02T10:00:00.000Z -\ninteractions file `FILE` keeps `ended_at` without a time zone; it is read as UTC",
    );
}

#[test]
fn parquet_ids_may_be_whole_numbers_and_cells_may_be_empty() {
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![Some(455_123_987), None]));
    let ends: ArrayRef = Arc::new(TimestampSecondArray::from(vec![None, None]).with_timezone("UTC"));
    let words: ArrayRef = Arc::new(StringArray::from(vec![None, Some("call")]));
    check_parquet(
        vec![
            ("segment_id", Arc::clone(&ids)),
            ("interaction_id", texts(&["", "i"])),
            ("agent_id", ids),
            ("ended_at", ends),
            ("media", words),
        ],
        &[],
        "- - 455123987 455123987 - - -\ni - - - - - call",
    );
}

#[test]
fn parquet_columns_of_other_types_are_refused_by_name() {
    let number: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    check_parquet(
        vec![("interaction_id", texts(&["i"])), ("agent_id", texts(&["a"])), ("ended_at", Arc::clone(&number))],
        &[],
        "interactions file `FILE` has a column `ended_at` of type Int64; it must be a timestamp or text",
    );
    let time: ArrayRef = Arc::new(TimestampSecondArray::from(vec![1]));
    check_parquet(
        vec![("interaction_id", time), ("agent_id", texts(&["a"])), ("ended_at", texts(&[""]))],
        &[],
        "interactions file `FILE` has a column `interaction_id` of type Timestamp(s); it must be text",
    );
}

#[test]
fn a_parquet_row_that_cannot_be_read_is_named() {
    let row = |ended: &[&str], ids: &[&str]| vec![("interaction_id", texts(ids)), ("agent_id", texts(ids)), ("ended_at", texts(ended))];
    check_parquet(
        row(&["2024-01-02T10:00:00Z", "2024-01-02T10:00:00"], &["i", "i"]),
        &[],
        "i - - i - 2024-01-02T10:00:00.000Z -\ninteractions file `FILE`, row 2, column `ended_at`: `2024-01-02T10:00:00` is not an RFC 3339 time with an offset",
    );
    check_parquet(row(&[""], &[""]), &[], "interactions file `FILE`, row 1: `interaction_id` is empty");
    let far: ArrayRef = Arc::new(TimestampSecondArray::from(vec![i64::MAX]).with_timezone("UTC"));
    check_parquet(
        vec![("interaction_id", texts(&["i"])), ("agent_id", texts(&["a"])), ("ended_at", far)],
        &[],
        "interactions file `FILE`, row 1, column `ended_at`: `9223372036854775807` seconds since 1970 is no time",
    );
}

#[test]
fn rows_go_on_over_the_border_of_a_batch() {
    let folder = tempfile::tempdir().unwrap();
    let path = place(&folder, "calls.parquet");
    let n = 10_000_usize;
    let ids: Vec<String> = (0..n).map(|n| format!("i-{n}")).collect();
    let ids: ArrayRef = Arc::new(StringArray::from_iter_values(ids));
    let ends: ArrayRef = Arc::new(TimestampSecondArray::from_iter_values((0_i64..).take(n)).with_timezone("UTC"));
    let columns = [("interaction_id", Arc::clone(&ids)), ("agent_id", ids), ("ended_at", ends)];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let rows: Vec<Interaction> = read(&path, &ColumnMap::default()).unwrap().map(Result::unwrap).collect();
    let is_right = |(n, row): (usize, &Interaction)| {
        row.interaction_id == Some(format!("i-{n}")) && row.ended_at.map(jiff::Timestamp::as_second) == i64::try_from(n).ok()
    };
    assert_eq!(rows.len(), n);
    assert!(rows.iter().enumerate().all(is_right));
}

#[test]
fn parquet_is_read_however_it_was_compressed() {
    use parquet::basic::{Compression, GzipLevel, ZstdLevel};
    use parquet::file::properties::WriterProperties;

    let all = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ];
    for compression in all {
        let folder = tempfile::tempdir().unwrap();
        let path = place(&folder, "calls.parquet");
        let columns = ["interaction_id", "agent_id", "ended_at"].map(|name| (name, texts(&["2024-01-02T10:00:00Z"])));
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let properties = WriterProperties::builder().set_compression(compression).build();
        let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let expected = "2024-01-02T10:00:00Z - - 2024-01-02T10:00:00Z - 2024-01-02T10:00:00.000Z -";
        assert_eq!(shown(&path, &[]), expected, "{compression:?}");
    }
}

#[test]
fn a_compression_that_is_not_read_is_named() {
    let words = "Parquet argument error: Parquet error: Disabled feature at compile time: brotli";
    let error = parquet_rows::of_words(words, &Named::new(Path::new("FILE")));
    assert_eq!(error.message, "interactions file `FILE` is compressed with `brotli`, which is not read here");
}
