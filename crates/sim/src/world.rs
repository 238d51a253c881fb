//! The false world: two tenants whose records live by an agenda, and one clock for both.
//! It asks no machine for time or chance: the same options and the same steps give the same world. Advancing by two days is
//! the same as advancing twice by one.
//! Every record and every change in it is older than `now`.

mod agenda;
mod assessment;
mod feedback;
mod form;
mod json;
mod people;
mod shelf;
mod text;
mod words;

use crate::options::WorldOptions;
use crate::platform::Platform;
use crate::rng::Rng;
use crate::stamp::{DAY_MS, HOUR_MS, SECOND_MS};
use crate::world::agenda::{Agenda, Happening, first_appointments};
pub(crate) use crate::world::assessment::Makers;
use crate::world::form::Forms;
use crate::world::people::People;
pub(crate) use crate::world::people::{Scope, ScopeKind};
use crate::world::shelf::{About, Making};
pub(crate) use crate::world::shelf::{Order, Record, Shelf};
pub(crate) use crate::world::words::{Status, Stream, Words, words};

/// Serials of records that the server itself puts in while it is being read.
const MUTATION_SERIALS: u32 = 1_000_000_000;

/// How often the first, the second and the third form are used.
const FORM_SHARES: [f64; 3] = [3.0, 1.5, 1.0];

/// Feedback that speaks of an assessed call, and how many of the latest assessments of the scope it may be.
const FEEDBACK_ON_CALLS: f64 = 0.8;
const LATEST_CALLS: usize = 20;
const LATEST_SEEN: usize = 2000;

/// One platform's side of the world.
pub(crate) struct Tenant {
    pub(crate) platform: Platform,
    pub(crate) people: People,
    pub(crate) forms: Forms,
    pub(crate) assessments: Shelf,
    pub(crate) feedback: Shelf,
    n_mutations: u32,
}

impl Tenant {
    fn new(platform: Platform, options: &WorldOptions) -> Self {
        let start_ms = options.start.as_millisecond();
        Self {
            platform,
            people: People::new(platform, options),
            forms: Forms::first(platform, options.seed, start_ms),
            assessments: Shelf::default(),
            feedback: Shelf::default(),
            n_mutations: 0,
        }
    }

    pub(crate) fn shelf(&self, stream: Stream) -> &Shelf {
        match stream {
            Stream::Assessments => &self.assessments,
            Stream::Feedback => &self.feedback,
        }
    }

    fn shelf_mut(&mut self, stream: Stream) -> &mut Shelf {
        match stream {
            Stream::Assessments => &mut self.assessments,
            Stream::Feedback => &mut self.feedback,
        }
    }

    pub(crate) fn scope(&self, place: u16) -> Option<&Scope> {
        self.people.scopes.get(usize::from(place))
    }

    fn makers<'a>(&'a self, options: &'a WorldOptions) -> Makers<'a> {
        Makers {
            platform: self.platform,
            seed: options.seed,
            rates: &options.rates,
            people: &self.people,
            n_unscoped: options.n_unscoped,
            first_call_ms: options.start.as_millisecond() + DAY_MS / 2,
        }
    }

    fn make(&self, options: &WorldOptions, stream: Stream, making: Making) -> Option<Record> {
        let makers = self.makers(options);
        match stream {
            Stream::Assessments => {
                let form_version = self.forms.versions.get(making.form_version)?;
                Some(assessment::make(&makers, form_version, making))
            }
            Stream::Feedback => Some(feedback::make(&makers, making)),
        }
    }
}

/// Both tenants and the clock.
pub(crate) struct World {
    options: WorldOptions,
    now_ms: i64,
    agenda: Agenda,
    genesys: Tenant,
    cxone: Tenant,
}

impl World {
    /// Lives through the whole span of the options.
    pub(crate) fn new(options: WorldOptions) -> Self {
        let start_ms = options.start.as_millisecond();
        let end_ms = options.end.as_millisecond();
        let mut world = Self {
            now_ms: start_ms,
            agenda: Agenda::default(),
            genesys: Tenant::new(Platform::Genesys, &options),
            cxone: Tenant::new(Platform::Cxone, &options),
            options,
        };
        for platform in Platform::ALL {
            let tenant = world.tenant(platform);
            let (n_forms, zone) = (tenant.forms.ids.len(), tenant.scope(0).map_or("UTC", |scope| scope.zone));
            for (at_ms, happening) in first_appointments(&world.options, platform, n_forms, zone) {
                world.agenda.add(at_ms, platform, happening);
            }
        }
        world.advance_to(end_ms);
        world
    }

    /// What the records of a platform are made from.
    pub(crate) fn makers(&self, platform: Platform) -> Makers<'_> {
        self.tenant(platform).makers(&self.options)
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.now_ms
    }

    pub(crate) fn options(&self) -> &WorldOptions {
        &self.options
    }

    pub(crate) fn tenant(&self, platform: Platform) -> &Tenant {
        match platform {
            Platform::Genesys => &self.genesys,
            Platform::Cxone => &self.cxone,
        }
    }

    fn tenant_mut(&mut self, platform: Platform) -> &mut Tenant {
        match platform {
            Platform::Genesys => &mut self.genesys,
            Platform::Cxone => &mut self.cxone,
        }
    }

    /// Lets everything happen that is due before `then_ms`, which is the new now. The clock never goes back.
    pub(crate) fn advance_to(&mut self, then_ms: i64) {
        while let Some((at_ms, platform, happening)) = self.agenda.next_before(then_ms) {
            self.now_ms = self.now_ms.max(at_ms);
            self.happen(at_ms, platform, happening);
        }
        self.now_ms = self.now_ms.max(then_ms);
    }

    fn happen(&mut self, at_ms: i64, platform: Platform, happening: Happening) {
        match happening {
            Happening::Day { stream, slot } => {
                let tenant = self.tenant(platform);
                let scopes: Vec<(u16, f64, &'static str)> =
                    tenant.people.primary().map(|(place, scope)| (place as u16, scope.weight, scope.zone)).collect();
                for (at_ms, happening) in agenda::day(&self.options, platform, stream, slot, &scopes) {
                    self.agenda.add(at_ms, platform, happening);
                }
            }
            Happening::Birth { stream, serial, scope } => self.give_birth(at_ms, platform, stream, serial, scope),
            Happening::Revision { form } => {
                let seed = self.options.seed;
                let tenant = self.tenant_mut(platform);
                tenant.forms.revise(platform, seed, form, at_ms);
                let n_versions = tenant.forms.versions.len() as u64;
                let mut rng = Rng::of(seed, &[platform.number(), 41, form as u64, n_versions]);
                let next_ms = at_ms + rng.between(90, 170) * DAY_MS + rng.between(0, HOUR_MS);
                self.agenda.add(next_ms, platform, Happening::Revision { form });
            }
            Happening::Edit { stream, place } => self.change(at_ms, platform, stream, place, |making| making.n_edits += 1),
            Happening::Move { stream, place, status } => self.change(at_ms, platform, stream, place, |making| {
                // What was not yet scored is submitted at this moment.
                if status.is_scored() && !making.scored {
                    making.time_ms = at_ms;
                    making.scored = true;
                }
                making.status = status;
            }),
            Happening::Delete { stream, place } => self.delete(at_ms, platform, stream, place),
            Happening::Restore { stream, place } => self.restore(at_ms, platform, stream, place),
            Happening::Return { stream } => {
                let shelf = self.tenant(platform).shelf(stream);
                let deleted: Vec<u32> = (0..).zip(shelf.iter()).filter(|(_, record)| record.is_deleted()).map(|(place, _)| place).collect();
                let mut rng = Rng::of(self.options.seed, &[platform.number(), stream.number(), 44, at_ms as u64]);
                if let Some(place) = rng.pick(&deleted) {
                    self.restore(at_ms, platform, stream, *place);
                }
                self.agenda.add(at_ms + 3 * DAY_MS, platform, Happening::Return { stream });
            }
        }
    }

    fn give_birth(&mut self, at_ms: i64, platform: Platform, stream: Stream, serial: u32, scope: u16) {
        let mut rng = Rng::of(self.options.seed, &[platform.number(), stream.number(), u64::from(serial), 51]);
        let tenant = self.tenant(platform);
        let makers = self.makers(platform);
        let status = match stream {
            Stream::Assessments => assessment::first_status(&makers, serial),
            Stream::Feedback => feedback::first_status(&makers, serial),
        };
        // A call is assessed by the form that was in force when it ended, so the old version of a form is in use for some days yet.
        let form = rng.weighted(FORM_SHARES.into_iter().take(tenant.forms.ids.len()));
        let form_version = tenant.forms.current(form, makers.interaction_end_ms(serial, at_ms)).unwrap_or(0);
        let on_a_call = rng.chance(FEEDBACK_ON_CALLS) && stream == Stream::Feedback;
        let about = on_a_call.then(|| about(&makers, tenant, serial, scope)).flatten();
        let making = Making {
            serial,
            scope,
            status,
            scored: status.is_scored(),
            born_ms: at_ms,
            time_ms: at_ms,
            modified_ms: None,
            n_edits: 0,
            form_version,
            about,
        };
        let Some(record) = tenant.make(&self.options, stream, making) else { return };
        let place = self.tenant_mut(platform).shelf_mut(stream).insert(record);
        for (at_ms, happening) in agenda::life(&mut rng, &self.options.rates, stream, place, at_ms, status) {
            self.agenda.add(at_ms, platform, happening);
        }
    }

    /// Makes a living record again after a change that moves its modification time.
    fn change(&mut self, at_ms: i64, platform: Platform, stream: Stream, place: u32, edit: impl FnOnce(&mut Making)) {
        let Some(old) = self.tenant(platform).shelf(stream).get(place).filter(|record| !record.is_deleted()) else { return };
        let mut making = old.making.clone();
        edit(&mut making);
        making.modified_ms = Some(at_ms);
        let previous = (stream == Stream::Feedback).then(|| old.body.clone());
        if let Some(made) = self.tenant(platform).make(&self.options, stream, making) {
            let record = Record { previous, ..made };
            self.tenant_mut(platform).shelf_mut(stream).replace(place, record);
        }
    }

    /// On Genesys a deleted record gets a status and a new modification time; on CXone it stands as it was and is shown no more.
    fn delete(&mut self, at_ms: i64, platform: Platform, stream: Stream, place: u32) {
        let Some(old) = self.tenant(platform).shelf(stream).get(place).filter(|record| !record.is_deleted()) else { return };
        let status_before = Some(old.making.status);
        let mut record = old.clone();
        if platform == Platform::Genesys {
            let making = Making { status: Status::Deleted, modified_ms: Some(at_ms), ..old.making.clone() };
            let previous = (stream == Stream::Feedback).then(|| old.body.clone());
            let Some(made) = self.tenant(platform).make(&self.options, stream, making) else { return };
            record = Record { previous, ..made };
        }
        record.status_before = status_before;
        self.tenant_mut(platform).shelf_mut(stream).replace(place, record);
    }

    /// A restored record is newer than before, but for every second one of CXone, which returns exactly as it went.
    fn restore(&mut self, at_ms: i64, platform: Platform, stream: Stream, place: u32) {
        let Some(old) = self.tenant(platform).shelf(stream).get(place) else { return };
        let Some(status) = old.status_before else { return };
        let mut record = Record { status_before: None, ..old.clone() };
        if platform == Platform::Genesys || place.is_multiple_of(2) {
            let making = Making { status, modified_ms: Some(at_ms), ..old.making.clone() };
            let Some(made) = self.tenant(platform).make(&self.options, stream, making) else { return };
            record = made;
        }
        self.tenant_mut(platform).shelf_mut(stream).replace(place, record);
    }

    /// One small change a second later, as if someone worked while a listing is being read: feedback is edited or deleted, or
    /// a record of either stream comes in.
    pub(crate) fn mutate(&mut self, platform: Platform) {
        self.advance_to(self.now_ms + SECOND_MS);
        let at_ms = self.now_ms - 1;
        let tenant = self.tenant_mut(platform);
        let nth = tenant.n_mutations;
        tenant.n_mutations += 1;
        let mut rng = Rng::of(self.options.seed, &[platform.number(), 61, u64::from(nth)]);
        let place = rng.below(self.tenant(platform).feedback.len()) as u32;
        let primary: Vec<u16> = self.tenant(platform).people.primary().map(|(place, _)| place as u16).collect();
        let scope = rng.pick(&primary).copied().unwrap_or(0);
        let serial = MUTATION_SERIALS + nth;
        match nth % 4 {
            0 => self.change(at_ms, platform, Stream::Feedback, place, |making| making.n_edits += 1),
            1 => self.give_birth(at_ms, platform, Stream::Assessments, serial, scope),
            2 => self.give_birth(at_ms, platform, Stream::Feedback, serial, scope),
            _ => self.delete(at_ms, platform, Stream::Feedback, place),
        }
    }
}

/// The call that a feedback entry speaks of: one that was assessed in its scope lately. CXone names none.
fn about(makers: &Makers<'_>, tenant: &Tenant, serial: u32, scope: u16) -> Option<About> {
    if makers.platform == Platform::Cxone {
        return None;
    }
    let mut rng = makers.rng(Stream::Feedback, serial, 13);
    let calls = tenant.assessments.iter().rev().take(LATEST_SEEN).filter(|record| record.making.scope == scope).take(LATEST_CALLS);
    let calls: Vec<About> = calls.map(|record| About { serial: record.making.serial, agent: record.agent }).collect();
    rng.pick(&calls).copied()
}

#[cfg(test)]
mod story;
#[cfg(test)]
mod tests;
