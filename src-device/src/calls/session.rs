//! Who is here.

use huce_core::ipc::{
    CallError,
    session::{Now, NowReply, Place, Ready, Session, WhoAmI},
};

use super::Answer;
use crate::Device;

impl Answer<WhoAmI> for Device {
    fn answer(&self, _: WhoAmI) -> Result<Session, CallError> {
        let book = self.book();
        let waiting = book.person.filter(|_| book.waiting && !book.revoked);
        Ok(match (book.profile.filter(|_| !book.revoked), waiting) {
            (None, None) => Session::NotEnrolled { device: self.id().clone() },
            (None, Some(person)) => Session::Waiting { device: self.id().clone(), person },
            (Some(profile), _) => Session::Ready(Ready {
                place: Place::Tablet,
                me: profile.person,
                grids: profile.grids,
                above: profile.above,
                people: profile.people,
                has_pin: self.has_pin(),
            }),
        })
    }
}

impl Answer<Now> for Device {
    fn answer(&self, _: Now) -> Result<NowReply, CallError> {
        Ok(NowReply { now_ms: self.server_now_ms() })
    }
}
