//! An item for the tests of the renderers.

use super::measure::{Item, MeasureKind, Person};

/// The example of an agent-day: 82.54 for `a-17` on 3 February 2031, known as `E-1042`.
pub(super) fn item(agent_id: &str, value: Option<&str>) -> Item {
    Item {
        tenant: "acme".to_owned(),
        platform: "genesys".to_owned(),
        agent_id: agent_id.to_owned(),
        business_date: "2031-02-03".to_owned(),
        form_id: "form-1".to_owned(),
        scored_by: "human".to_owned(),
        form_version_id: Some("v1".to_owned()),
        n: 2,
        metric_id: "QS1".to_owned(),
        name: "Quality Score".to_owned(),
        kind: MeasureKind::Percent,
        value: value.map(ToOwned::to_owned),
        person: Some(Person {
            person_id: Some("E-1042".to_owned()),
            user_email: Some("F.L@example.org".to_owned()),
            first_name: Some("F".to_owned()),
            last_name: Some("L".to_owned()),
        }),
    }
}
