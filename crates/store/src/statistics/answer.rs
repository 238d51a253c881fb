//! The scopes and the answers of single assessments: what sums by question are made of.
//! Taking answers apart is what costs, so that is done once for an assessment, in however many scopes it counts, and nothing
//! of it is kept.

use rusqlite::{CachedStatement, Connection, Row};

use crate::statistics::slice::ScopePlace;

/// An answer to a question, whose key is its id.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) question_key: String,
    pub(super) text: Option<String>,
    pub(super) group_id: Option<String>,
    pub(super) ordinal: Option<i64>,
    pub(super) score: Option<f64>,
    pub(super) max_score: Option<f64>,
    pub(super) weight: Option<f64>,
    pub(super) is_not_applicable: bool,
}

impl Answer {
    /// The maximum of an answer that counts: it is applicable and has a maximum above 0.
    pub(super) fn counted(&self) -> Option<f64> {
        self.max_score.filter(|max_score| !self.is_not_applicable && *max_score > 0.0)
    }
}

/// Reads assessments one by one.
pub(super) struct Sheets<'c> {
    scopes: CachedStatement<'c>,
    answers: CachedStatement<'c>,
}

impl<'c> Sheets<'c> {
    /// Prepares to read.
    pub(super) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        let scopes = "SELECT scope_kind, scope_id FROM assessment_scope WHERE tenant = ?1 AND assessment_id = ?2";
        let answers = "SELECT question.value ->> 'question_id', question.value ->> 'text', question.value ->> 'group_id',
                CAST(question.value ->> 'ordinal' AS INTEGER), CAST(question.value ->> 'score' AS REAL),
                CAST(question.value ->> 'max_score' AS REAL), CAST(question.value ->> 'weight' AS REAL),
                question.value ->> 'not_applicable'
            FROM assessment CROSS JOIN jsonb_each(assessment.questions) AS question WHERE tenant = ?1 AND assessment_id = ?2";
        Ok(Self { scopes: connection.prepare_cached(scopes)?, answers: connection.prepare_cached(answers)? })
    }

    /// The scopes an assessment counts in, the whole tenant first.
    pub(super) fn scopes(&mut self, tenant: &str, assessment_id: &str) -> rusqlite::Result<Vec<ScopePlace>> {
        let mut places = vec![ScopePlace::tenant()];
        let narrower = self.scopes.query_map([tenant, assessment_id], |row| Ok(ScopePlace { kind: row.get(0)?, id: row.get(1)? }))?;
        for place in narrower {
            places.push(place?);
        }
        Ok(places)
    }

    /// The answers of an assessment, in their order.
    pub(super) fn answers(&mut self, tenant: &str, assessment_id: &str) -> rusqlite::Result<Vec<Answer>> {
        let read = |row: &Row<'_>| {
            Ok(Answer {
                question_key: row.get(0)?,
                text: row.get(1)?,
                group_id: row.get(2)?,
                ordinal: row.get(3)?,
                score: row.get(4)?,
                max_score: row.get(5)?,
                weight: row.get(6)?,
                is_not_applicable: row.get(7)?,
            })
        };
        self.answers.query_map([tenant, assessment_id], read)?.collect()
    }
}

/// A running sum as SQLite has it: what an addition rounds away is summed apart (Neumaier).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Total {
    sum: f64,
    lost: f64,
}

impl Total {
    /// Takes in one term.
    pub(super) fn add(&mut self, term: f64) {
        let sum = self.sum + term;
        self.lost += if self.sum.abs() > term.abs() { (self.sum - sum) + term } else { (term - sum) + self.sum };
        self.sum = sum;
    }

    /// The sum of all terms so far; 0 without any.
    pub(super) fn value(self) -> f64 {
        self.sum + self.lost
    }
}

impl FromIterator<f64> for Total {
    fn from_iter<I: IntoIterator<Item = f64>>(terms: I) -> Self {
        let mut total = Self::default();
        terms.into_iter().for_each(|term| total.add(term));
        total
    }
}

/// What the assessments of a cohort have of one question.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) text: Option<String>,
    pub(super) group_id: Option<String>,
    pub(super) ordinal: Option<i64>,
    variants: Vec<Variant>,
}

/// The answers with one weight and maximum. All have the same, but for single assessments that may have got another.
#[derive(Debug)]
struct Variant {
    weight: Option<f64>,
    max_score: Option<f64>,
    n_asked: u64,
    sums: Sums,
}

/// Sums over the answers that count.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) n: u64,
    pub(super) n_not_applicable: u64,
    pub(super) score: Total,
    pub(super) max: Total,
    pub(super) share: Total,
}

impl Sums {
    /// Takes in one answer.
    pub(super) fn add(&mut self, answer: &Answer) {
        self.n_not_applicable += u64::from(answer.is_not_applicable);
        if let Some(max_score) = answer.counted() {
            self.n += 1;
            self.max.add(max_score);
            if let Some(score) = answer.score {
                self.score.add(score);
                self.share.add(score / max_score);
            }
        }
    }
}

impl Asked {
    /// Takes in one answer.
    pub(super) fn add(&mut self, answer: &Answer) {
        greater(&mut self.text, answer.text.as_ref());
        greater(&mut self.group_id, answer.group_id.as_ref());
        self.ordinal = [self.ordinal, answer.ordinal].into_iter().flatten().min();
        let (weight, max_score) = (answer.weight, answer.max_score);
        let known = self.variants.iter().position(|variant| variant.weight == weight && variant.max_score == max_score);
        let place = known.unwrap_or_else(|| {
            self.variants.push(Variant { weight, max_score, n_asked: 0, sums: Sums::default() });
            self.variants.len() - 1
        });
        if let Some(variant) = self.variants.get_mut(place) {
            variant.n_asked += 1;
            variant.sums.add(answer);
        }
    }

    /// The weight and the maximum that most assessments have; of several, the least.
    pub(super) fn usual(&self) -> (Option<f64>, Option<f64>) {
        let most = self.variants().rev().max_by_key(|variant| variant.n_asked);
        most.map_or((None, None), |variant| (variant.weight, variant.max_score))
    }

    /// The sums over all answers.
    pub(super) fn sums(&self) -> Sums {
        let total = |part: fn(&Sums) -> Total| self.variants().map(|variant| part(&variant.sums).value()).collect();
        Sums {
            n: self.variants.iter().map(|variant| variant.sums.n).sum(),
            n_not_applicable: self.variants.iter().map(|variant| variant.sums.n_not_applicable).sum(),
            score: total(|sums| sums.score),
            max: total(|sums| sums.max),
            share: total(|sums| sums.share),
        }
    }

    /// By weight and maximum.
    fn variants(&self) -> impl DoubleEndedIterator<Item = &Variant> {
        let mut variants: Vec<&Variant> = self.variants.iter().collect();
        let order = |variant: &Variant| (variant.weight, variant.max_score);
        variants.sort_by(|one, other| order(one).partial_cmp(&order(other)).unwrap_or(std::cmp::Ordering::Equal));
        variants.into_iter()
    }
}

fn greater(held: &mut Option<String>, next: Option<&String>) {
    if next > held.as_ref() {
        *held = next.cloned();
    }
}
