//! Anchors: the questions that two form versions have in common and that carry the comparison between them.
//! A question that moved unlike the rest is no anchor; it is taken out once, shown, and counts as removed and added.
//! What the anchors say of the means stands in `split`, which needs every assessment rescored with the weights found here.

use std::collections::{BTreeMap, BTreeSet};

use crate::show::compared;
use crate::side::{AnswerSums, KeptQuestion, Side, SplitSettings};
use crate::sum::sum;

/// Fewer questions than this cannot show that one moved unlike the rest.
pub(crate) const ANCHORS_MIN: usize = 4;
/// The interquartile range of a normal distribution, times this, is its standard deviation.
const SD_PER_IQR: f64 = 0.74;

/// What became of a question between two form versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuestionState {
    /// The same on both sides: part of C.
    Common,
    /// The same on both sides, but it moved unlike the others: taken out of C.
    Drifting,
    /// Answered on both sides under one key, with another maximum or other options.
    Changed,
    /// Answered on the first side only.
    Removed,
    /// Answered on the second side only.
    Added,
    /// On a form, and never applicable on either side.
    Unanswered,
}

impl QuestionState {
    /// The word that stands in tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Common => "common",
            Self::Drifting => "drifting",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Added => "added",
            Self::Unanswered => "unanswered",
        }
    }
}

/// One question of either form.
#[derive(Debug, Clone, PartialEq)]
pub struct AnchorQuestion {
    /// Its key.
    pub key: String,
    /// What became of it.
    pub state: QuestionState,
    /// Applicable answers on the first side.
    pub n_a: u64,
    /// Applicable answers on the second side.
    pub n_b: u64,
    /// `p_a` in points; `None` without applicable answers.
    pub attainment_a: Option<f64>,
    /// `p_b` in points; `None` without applicable answers.
    pub attainment_b: Option<f64>,
    /// alpha: its share of the first form over the questions kept.
    pub share_a: Option<f64>,
    /// beta: its share of the second form over the questions kept.
    pub share_b: Option<f64>,
    /// d: how far it moved, in logits; only for questions that are the same on both sides.
    pub drift: Option<f64>,
    /// The same from the median, in robust standard deviations; `None` where the test cannot be made.
    pub drift_z: Option<f64>,
}

/// The common questions of two sides and their weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Anchors {
    /// Every question of either form, by key.
    pub questions: Vec<AnchorQuestion>,
    /// `A_C`: the share of the first form that C carries, 0..1.
    pub common_share_a: f64,
    /// `B_C`: the share of the second form that C carries, 0..1.
    pub common_share_b: f64,
    /// `g`: the mean weight of each question of C by key, without those that weigh nothing. They sum to 1; empty if C weighs nothing
    /// on one of the sides. The assessments of both sides are to be rescored with these.
    pub weights: BTreeMap<String, f64>,
    /// The median of the drifts; `None` without common questions.
    pub median: Option<f64>,
    /// The interquartile range of the drifts; `None` without common questions.
    pub iqr: Option<f64>,
}

impl Anchors {
    /// The questions in a state.
    pub fn in_state(&self, state: QuestionState) -> impl Iterator<Item = &AnchorQuestion> {
        self.questions.iter().filter(move |question| question.state == state)
    }

    /// Whether questions were taken out for drift and too few are left to vouch for each other.
    pub(crate) fn has_drifted_away(&self) -> bool {
        self.in_state(QuestionState::Drifting).next().is_some() && self.in_state(QuestionState::Common).count() < ANCHORS_MIN
    }
}

/// Finds the questions that both sides have in common, takes out those that drift, and weighs the rest.
pub fn anchors(a: &Side, b: &Side, settings: &SplitSettings) -> Anchors {
    let (kept_a, kept_b) = (a.kept(), b.kept());
    let drifts: BTreeMap<&str, f64> = kept_a
        .iter()
        .filter_map(|(key, of_a)| {
            let of_b = kept_b.get(key).filter(|of_b| of_b.is_same_as(of_a))?;
            Some((*key, logit(of_b.answers) - logit(of_a.answers)))
        })
        .collect();
    let mut sorted: Vec<f64> = drifts.values().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let (median, iqr) = (quantile(&sorted, 0.5), quantile(&sorted, 0.75).zip(quantile(&sorted, 0.25)).map(|(high, low)| high - low));
    let scale = iqr.filter(|iqr| drifts.len() >= ANCHORS_MIN && compared(*iqr) > 0.0).map(|iqr| SD_PER_IQR * iqr);

    let keys: BTreeSet<&str> = a.form.iter().chain(&b.form).map(|question| question.key.as_str()).collect();
    let questions: Vec<AnchorQuestion> = keys
        .into_iter()
        .map(|key| {
            let (of_a, of_b) = (kept_a.get(key), kept_b.get(key));
            let drift = drifts.get(key).copied();
            let drift_z = drift.zip(median).zip(scale).map(|((drift, median), scale)| (drift - median) / scale);
            let is_drifting = drift_z.is_some_and(|z| compared(z.abs()) > settings.drift_limit);
            let state = match (of_a, of_b, drift) {
                (_, _, Some(_)) if is_drifting => QuestionState::Drifting,
                (_, _, Some(_)) => QuestionState::Common,
                (Some(_), Some(_), None) => QuestionState::Changed,
                (Some(_), None, None) => QuestionState::Removed,
                (None, Some(_), None) => QuestionState::Added,
                (None, None, None) => QuestionState::Unanswered,
            };
            question(key, state, of_a, of_b, drift.zip(drift_z), drift)
        })
        .collect();
    weighed(questions, median, iqr)
}

fn question(
    key: &str,
    state: QuestionState,
    of_a: Option<&KeptQuestion>,
    of_b: Option<&KeptQuestion>,
    tested: Option<(f64, f64)>,
    drift: Option<f64>,
) -> AnchorQuestion {
    AnchorQuestion {
        key: key.to_owned(),
        state,
        n_a: of_a.map_or(0, |kept| kept.answers.n),
        n_b: of_b.map_or(0, |kept| kept.answers.n),
        attainment_a: of_a.map(|kept| kept.attainment),
        attainment_b: of_b.map(|kept| kept.attainment),
        share_a: of_a.map(|kept| kept.share),
        share_b: of_b.map(|kept| kept.share),
        drift,
        drift_z: tested.map(|(_, z)| z),
    }
}

/// The logit of the attainment, with half an answer added on either side so that 0 and 100 have one too.
fn logit(answers: AnswerSums) -> f64 {
    let n = answers.n as f64;
    // Points above the maximum or below 0 would have none.
    let hits = answers.sum_share.clamp(0.0, n);
    ((hits + 0.5) / (n - hits + 0.5)).ln()
}

/// The quantile of sorted numbers by linear interpolation; `None` without any.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let below = *sorted.get(place.floor() as usize)?;
    let above = *sorted.get(place.ceil() as usize)?;
    Some(below + place.fract() * (above - below))
}

fn weighed(questions: Vec<AnchorQuestion>, median: Option<f64>, iqr: Option<f64>) -> Anchors {
    let mut anchors = Anchors { questions, common_share_a: 0.0, common_share_b: 0.0, weights: BTreeMap::new(), median, iqr };
    let share_a = sum(anchors.in_state(QuestionState::Common).filter_map(|question| question.share_a));
    let share_b = sum(anchors.in_state(QuestionState::Common).filter_map(|question| question.share_b));
    (anchors.common_share_a, anchors.common_share_b) = (share_a, share_b);
    if share_a > 0.0 && share_b > 0.0 {
        anchors.weights = anchors
            .in_state(QuestionState::Common)
            .filter_map(|question| {
                let weight = f64::midpoint(question.share_a? / share_a, question.share_b? / share_b);
                (weight > 0.0).then(|| (question.key.clone(), weight))
            })
            .collect();
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::side::FormQuestion;

    fn form_question(key: &str) -> FormQuestion {
        FormQuestion { key: key.to_owned(), weight: 1.0, max_score: 1.0, options: None }
    }

    /// A side of questions of weight and maximum 1, each with 1000 answers and the given attainment in logits.
    fn side(logits: &[f64]) -> Side {
        let mut side = Side { n: 1000, mean: Some(50.0), ..Side::default() };
        for (place, logit) in logits.iter().enumerate() {
            let share = 1.0 / (1.0 + (-logit).exp());
            let hits = share * 1001.0 - 0.5;
            side.form.push(form_question(&format!("q{place}")));
            side.answers.insert(format!("q{place}"), AnswerSums { n: 1000, sum_score: hits, sum_max: 1000.0, sum_share: hits });
        }
        side
    }

    fn states(anchors: &Anchors) -> Vec<&'static str> {
        anchors.questions.iter().map(|question| question.state.word()).collect()
    }

    #[test]
    fn documented_drifts_take_out_the_last_question() {
        let anchors = anchors(&side(&[0.0; 6]), &side(&[0.10, 0.15, 0.05, 0.20, 0.12, 1.60]), &SplitSettings::default());
        assert!((anchors.median.unwrap() - 0.135).abs() < 1e-12);
        assert!((anchors.iqr.unwrap() - 0.0825).abs() < 1e-12);
        let z: Vec<f64> = anchors.questions.iter().map(|question| question.drift_z.unwrap()).collect();
        assert!((z[5] - 24.0).abs() < 0.05, "{z:?}");
        assert!(z[..5].iter().all(|z| z.abs() <= 1.4), "{z:?}");
        assert_eq!(states(&anchors), ["common", "common", "common", "common", "common", "drifting"]);
        assert!((anchors.common_share_a - 5.0 / 6.0).abs() < 1e-12);
        assert!(!anchors.has_drifted_away());
        assert!((sum(anchors.weights.values().copied()) - 1.0).abs() < 1e-12);
        assert_eq!(anchors.weights.len(), 5);
    }

    #[test]
    fn rule_that_is_turned_off_takes_out_nothing() {
        let settings = SplitSettings { drift_limit: f64::INFINITY, ..SplitSettings::default() };
        let anchors = anchors(&side(&[0.0; 6]), &side(&[0.10, 0.15, 0.05, 0.20, 0.12, 1.60]), &settings);
        assert_eq!(anchors.in_state(QuestionState::Common).count(), 6);
    }

    #[test]
    fn three_common_questions_cannot_show_a_drift() {
        let anchors = anchors(&side(&[0.0; 3]), &side(&[0.0, 0.1, 3.0]), &SplitSettings::default());
        assert_eq!(states(&anchors), ["common"; 3]);
        assert!(anchors.questions.iter().all(|question| question.drift.is_some() && question.drift_z.is_none()));
        assert!(!anchors.has_drifted_away());
    }

    #[test]
    fn too_few_anchors_left_after_a_drift_are_noticed() {
        let anchors =
            anchors(&side(&[0.0; 4]), &side(&[0.0, 0.1, 0.2, 5.0]), &SplitSettings { drift_limit: 2.0, ..SplitSettings::default() });
        assert_eq!(states(&anchors), ["common", "common", "common", "drifting"]);
        assert!(anchors.has_drifted_away());
    }

    #[test]
    fn alike_drifts_have_no_spread_and_no_test() {
        let anchors = anchors(&side(&[0.0; 5]), &side(&[0.3, 0.3, 0.3, 0.3, 4.0]), &SplitSettings::default());
        assert_eq!(anchors.in_state(QuestionState::Common).count(), 5);
        assert!(anchors.questions.iter().all(|question| question.drift_z.is_none()));
    }

    #[test]
    fn question_is_common_only_if_its_answers_mean_the_same() {
        let with = |max_score: f64, options: Option<Vec<f64>>| {
            let mut side = side(&[0.0]);
            side.form[0] = FormQuestion { max_score, options, ..form_question("q0") };
            side
        };
        let cases = [
            (with(5.0, None), with(5.0, None), "common"),
            (with(5.0, None), with(4.0, None), "changed"),
            (with(5.0, Some(vec![0.0, 5.0])), with(5.0, Some(vec![5.0, 0.0])), "common"),
            (with(5.0, Some(vec![0.0, 5.0])), with(5.0, Some(vec![0.0, 3.0, 5.0])), "changed"),
            (with(5.0, Some(vec![0.0, 5.0])), with(5.0, None), "changed"),
        ];
        for (a, b, expected) in cases {
            assert_eq!(states(&anchors(&a, &b, &SplitSettings::default())), [expected]);
        }
    }

    #[test]
    fn questions_without_answers_are_left_out_of_their_side() {
        let (mut a, mut b) = (side(&[0.0, 0.0, 0.0]), side(&[0.0, 0.0, 0.0]));
        a.answers.remove("q1");
        b.answers.insert("q0".to_owned(), AnswerSums { n: 3, ..AnswerSums::default() });
        a.answers.remove("q2");
        b.answers.remove("q2");
        let anchors = anchors(&a, &b, &SplitSettings::default());
        assert_eq!(states(&anchors), ["removed", "added", "unanswered"]);
        assert_eq!((anchors.common_share_a, anchors.common_share_b, anchors.weights.len()), (0.0, 0.0, 0));
        assert_eq!((anchors.median, anchors.iqr), (None, None));
    }

    #[test]
    fn attainments_of_0_and_100_and_points_above_the_maximum_have_a_logit() {
        for hits in [0.0, 10.0, 12.0, -1.0] {
            assert!(logit(AnswerSums { n: 10, sum_score: hits, sum_max: 10.0, sum_share: hits }).is_finite());
        }
    }
}
