//! Three form versions in a row: the chained index against the means of the versions.

use scorelake_insight::chain::{ChainVersion, chain};
use scorelake_insight::side::SplitSettings;

use crate::Study;
use crate::centre::{Centre, FIRST, Question, SKILL, Weather, question, second, side};
use crate::changes::split;
use crate::tally::Tally;

const N_AGENTS: usize = 20;
const N_EVALUATORS: usize = 4;
const N_SIDE: usize = 150;
const OWN_CHANGE: f64 = 0.02;
/// True performance on the second and the third version, against the first.
const CHANGES: [(&str, f64, f64); 3] = [("0, then 0", 0.0, 0.0), ("+2, then +4", 0.02, 0.04), ("+2, then -1", 0.02, -0.01)];

/// The third form: one of the heavy questions goes, and so does a common one; an easy question comes.
fn third() -> Vec<Question> {
    let kept = second().into_iter().filter(|one| !matches!(one.key, "disclose" | "close"));
    kept.chain([question("summary", 6.0, 4.0, 4, 0.74, 0.0)]).collect()
}

pub(crate) fn print(study: Study) {
    println!("\n## Three versions, two boundaries\n");
    println!("| true change on versions 2, 3 | means: bias | means: RMSE | index published | index: bias | index: RMSE |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for (name, change_2, change_3) in CHANGES {
        let (mut naive, mut index) = (Tally::default(), Tally::default());
        let mut generator = study.generator(name);
        for _ in 0..study.replications {
            let centre = Centre::new(N_AGENTS, N_EVALUATORS, SKILL, &mut generator);
            let forms = [FIRST.to_vec(), second(), third()];
            let weathers = [(0.0, 0.0), (change_2, OWN_CHANGE), (change_3, OWN_CHANGE)];
            let played: Vec<_> = forms
                .iter()
                .zip(weathers)
                .map(|(form, (change, own_change))| {
                    centre.assessments(N_SIDE, form, Weather { change, own_change, ..Weather::default() }, &mut generator)
                })
                .collect();
            let sides: Vec<(&[_], &[_])> = played.iter().map(Vec::as_slice).zip(forms.iter().map(Vec::as_slice)).collect();
            let splits =
                sides.iter().zip(sides.iter().skip(1)).map(|(a, b)| split(*a, *b, &SplitSettings::default()).published_performance());
            let versions: Vec<ChainVersion> = sides
                .iter()
                .zip(std::iter::once(None).chain(splits))
                .map(|((assessments, form), performance)| ChainVersion { mean: side(assessments, form).mean, performance })
                .collect();
            if let [Some(first), _, Some(last)] = chain(&versions).as_slice()
                && first.chain_id == last.chain_id
            {
                index.add(last.index - first.index, 100.0 * change_3, None);
            }
            if let [ChainVersion { mean: Some(first), .. }, _, ChainVersion { mean: Some(last), .. }] = versions.as_slice() {
                naive.add(last - first, 100.0 * change_3, None);
            }
        }
        let published = index.share_of(study.replications);
        println!("| {name} | {} | {} | {published} | {} | {} |", naive.bias(), naive.rmse(), index.bias(), index.rmse());
    }
}
