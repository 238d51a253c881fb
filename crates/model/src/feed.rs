//! The feed of agent-days: which event, if any, takes a receiver from what it was last told to what is true.
//! The rule only. It reads nothing and writes nothing; whoever keeps the events keeps their revisions too.
//! A revision is one higher at every event of its key and never begins again, also not after a retraction.

use jiff::civil::Date;

/// Values that differ by less than this are the same to a receiver.
const SAME_DECIMALS: f64 = 1e9;
/// Days younger than this are `open`.
const OPEN_BELOW_DAYS: i64 = 45;
/// Days older than this are `closed`.
const CLOSED_ABOVE_DAYS: i64 = 100;

/// One agent's assessments of one business date in one cohort.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DayKey {
    /// Whose.
    pub tenant: String,
    /// From which platform.
    pub platform: String,
    /// The agent that was assessed.
    pub agent_id: String,
    /// The day.
    pub business_date: Date,
    /// The form version.
    pub form_version_id: String,
    /// What the form version measures with; empty where the platform does not know it.
    pub content_hash: String,
    /// `human`, `ai`, `ai_edited` or `unknown`.
    pub scored_by: String,
}

/// What an agent-day holds while it holds anything.
#[derive(Debug, Clone, PartialEq)]
pub struct DayMeasures {
    /// The form of the version.
    pub form_id: String,
    /// Scored assessments; at least one.
    pub n: u64,
    /// Sum of points times weights over what was answered.
    pub sum_weighted_points: f64,
    /// Sum of maxima times weights over what was answered.
    pub sum_weighted_max: f64,
    /// Sum of normalized scores.
    pub sum_normalized: f64,
    /// Sum of final scores.
    pub sum_final: f64,
    /// How many failed a critical question.
    pub n_failed_critical: u64,
    /// How many are disputed.
    pub n_disputed: u64,
    /// What was answered of the whole forms, 0 to 1; none where a form's maximum is unknown.
    pub applicable_share: Option<f64>,
}

impl DayMeasures {
    /// Mean of the normalized scores, the unit being the assessment.
    pub fn mean_normalized(&self) -> f64 {
        self.sum_normalized / self.n as f64
    }

    /// Mean of the final scores, the unit being the assessment.
    pub fn mean_final(&self) -> f64 {
        self.sum_final / self.n as f64
    }

    /// Whether a receiver would see another value: counts and words exactly, numbers at nine decimals.
    pub fn differs(&self, other: &Self) -> bool {
        let counts = |of: &Self| (of.n, of.n_failed_critical, of.n_disputed);
        let sums = |of: &Self| [of.sum_weighted_points, of.sum_weighted_max, of.sum_normalized, of.sum_final].map(at_nine_decimals);
        self.form_id != other.form_id
            || counts(self) != counts(other)
            || sums(self) != sums(other)
            || self.applicable_share.map(at_nine_decimals) != other.applicable_share.map(at_nine_decimals)
    }
}

fn at_nine_decimals(number: f64) -> f64 {
    let whole = (number * SAME_DECIMALS).round();
    // Too great to have nine decimals.
    if whole.is_finite() { whole } else { number }
}

/// What an event does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// There is something where there was nothing.
    Insert,
    /// A value is another.
    Update,
    /// Nothing is left.
    Retract,
}

impl Op {
    /// The word in `op`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Retract => "retract",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Insert, Self::Update, Self::Retract].into_iter().find(|op| op.word() == word)
    }
}

/// How settled a day is, by its age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DayState {
    /// Changes are usual.
    Open,
    /// Changes become rare.
    Settling,
    /// A change is published, and somebody is told.
    Closed,
}

impl DayState {
    /// The state of a day that is so many days old: `open` below 45, `settling` to 100, `closed` above.
    pub fn of_age(days: i64) -> Self {
        match days {
            _ if days < OPEN_BELOW_DAYS => Self::Open,
            _ if days <= CLOSED_ABOVE_DAYS => Self::Settling,
            _ => Self::Closed,
        }
    }

    /// The word in `day_state`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Settling => "settling",
            Self::Closed => "closed",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Open, Self::Settling, Self::Closed].into_iter().find(|state| state.word() == word)
    }
}

/// What a receiver who took every event of a key holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The revision of the last event.
    pub revision: u64,
    /// What it said; none after a retraction.
    pub live: Option<DayMeasures>,
}

/// One event of a key.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What it does.
    pub op: Op,
    /// One higher than that of the event before it.
    pub revision: u64,
    /// The revision before it; none for the first.
    pub supersedes: Option<u64>,
    /// How settled the day was when the event was made.
    pub day_state: DayState,
    /// The form; of a retraction, the one that is retracted.
    pub form_id: String,
    /// What the agent-day holds from now on; none for a retraction.
    pub measures: Option<DayMeasures>,
}

/// The event that takes a receiver from what is held to what is present; none when nothing differs.
pub fn event(held: Option<&Held>, present: Option<&DayMeasures>, age_days: i64) -> Option<Event> {
    let live = held.and_then(|held| held.live.as_ref());
    let (op, of) = match (live, present) {
        (None, None) => return None,
        (None, Some(present)) => (Op::Insert, present),
        (Some(live), Some(present)) if !live.differs(present) => return None,
        (Some(_), Some(present)) => (Op::Update, present),
        (Some(live), None) => (Op::Retract, live),
    };
    let supersedes = held.map(|held| held.revision);
    Some(Event {
        op,
        revision: supersedes.unwrap_or(0) + 1,
        supersedes,
        day_state: DayState::of_age(age_days),
        form_id: of.form_id.clone(),
        measures: present.cloned(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// So many assessments with 10 of 20 each, and `more` points on top.
    fn measures(n: u64, more: f64) -> DayMeasures {
        DayMeasures {
            form_id: "f".to_owned(),
            n,
            sum_weighted_points: 10.0 * n as f64 + more,
            sum_weighted_max: 20.0 * n as f64,
            sum_normalized: 50.0 * n as f64,
            sum_final: 50.0 * n as f64,
            n_failed_critical: 0,
            n_disputed: 0,
            applicable_share: Some(0.5),
        }
    }

    /// `op revision supersedes n`, or nothing.
    #[track_caller]
    fn check(held: Option<(u64, Option<DayMeasures>)>, present: Option<DayMeasures>, expected: &str) {
        let held = held.map(|(revision, live)| Held { revision, live });
        let seen = event(held.as_ref(), present.as_ref(), 0).map_or_else(String::new, |event| {
            let supersedes = event.supersedes.map_or_else(|| "-".to_owned(), |revision| revision.to_string());
            assert_eq!(event.form_id, "f");
            format!("{} {} {supersedes} {}", event.op.word(), event.revision, event.measures.map_or(0, |measures| measures.n))
        });
        assert_eq!(seen, expected);
    }

    #[test]
    fn only_differences_are_events() {
        check(None, None, "");
        check(None, Some(measures(2, 0.0)), "insert 1 - 2");
        check(Some((1, Some(measures(2, 0.0)))), Some(measures(2, 0.0)), "");
        check(Some((1, Some(measures(2, 0.0)))), Some(measures(1, 0.0)), "update 2 1 1");
        check(Some((3, Some(measures(2, 0.0)))), None, "retract 4 3 0");
        check(Some((4, None)), None, "");
        check(Some((4, None)), Some(measures(2, 0.0)), "insert 5 4 2");
    }

    #[test]
    fn values_are_compared_at_nine_decimals() {
        check(Some((1, Some(measures(2, 0.0)))), Some(measures(2, 4e-10)), "");
        check(Some((1, Some(measures(2, 0.0)))), Some(measures(2, 6e-10)), "update 2 1 2");
        let huge = |sum_normalized| DayMeasures { sum_normalized, ..measures(2, 0.0) };
        check(Some((1, Some(huge(1e300)))), Some(huge(1e300)), "");
        check(Some((1, Some(huge(1e300)))), Some(huge(1.1e300)), "update 2 1 2");
    }

    #[test]
    fn every_published_value_counts() {
        let one = measures(2, 0.0);
        let others = [
            DayMeasures { form_id: "g".to_owned(), ..one.clone() },
            DayMeasures { sum_weighted_points: 1.0, ..one.clone() },
            DayMeasures { sum_weighted_max: 1.0, ..one.clone() },
            DayMeasures { sum_normalized: 1.0, ..one.clone() },
            DayMeasures { sum_final: 1.0, ..one.clone() },
            DayMeasures { n_failed_critical: 1, ..one.clone() },
            DayMeasures { n_disputed: 1, ..one.clone() },
            DayMeasures { applicable_share: None, ..one.clone() },
        ];
        assert!(others.iter().all(|other| one.differs(other) && other.differs(&one)));
        assert!(!one.differs(&one));
    }

    #[test]
    fn a_day_closes_with_age() {
        let words: Vec<&str> = [-1, 0, 44, 45, 100, 101].map(|age| DayState::of_age(age).word()).into();
        assert_eq!(words, ["open", "open", "open", "settling", "settling", "closed"]);
    }

    #[test]
    fn words_are_read_back() {
        assert!([Op::Insert, Op::Update, Op::Retract].into_iter().all(|op| Op::from_word(op.word()) == Some(op)));
        assert!(
            [DayState::Open, DayState::Settling, DayState::Closed]
                .into_iter()
                .all(|state| DayState::from_word(state.word()) == Some(state))
        );
        assert_eq!((Op::from_word(""), DayState::from_word("old")), (None, None));
    }

    proptest! {
        /// Whatever a key went through, a receiver who takes the highest revision holds what is present.
        #[test]
        fn the_highest_revision_is_the_present(history in proptest::collection::vec(proptest::option::of((1_u64..4, 0_u32..3)), 1..20)) {
            let (mut held, mut events): (Option<Held>, Vec<Event>) = (None, Vec::new());
            for step in &history {
                let present = step.map(|(n, more)| measures(n, f64::from(more)));
                if let Some(event) = event(held.as_ref(), present.as_ref(), 0) {
                    held = Some(Held { revision: event.revision, live: event.measures.clone() });
                    events.push(event);
                }
                let told = held.as_ref().and_then(|held| held.live.clone());
                prop_assert_eq!(&told, &present);
            }
            prop_assert!(events.iter().enumerate().all(|(place, event)| event.revision == place as u64 + 1));
            prop_assert!(events.iter().all(|event| event.supersedes == event.revision.checked_sub(1).filter(|before| *before > 0)));
        }
    }
}
