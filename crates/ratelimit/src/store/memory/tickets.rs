//! Strict windows: a word for each ticket.

use super::{MemoryStore, hashes, is_strict, nothing};
use crate::quota::Tickets;
use crate::store::{Ask, Reading};
use crate::table::{Place, Terms};
use crate::tick::LONGEST;

/// When each ticket of a key is free.
type Moments = [u64; 16];

impl MemoryStore {
    /// Returns the tickets in ticks, and what each may owe.
    fn tickets(&self, tickets: Tickets, now: u64) -> (Tickets, Terms) {
        let window = self.tick.up(tickets.window()).min(LONGEST);
        let tickets = Tickets::new(tickets.count(), window);
        (tickets, Terms::new(now, tickets.window(), self.tick.second()))
    }

    fn ticket(&self, ask: &Ask, number: u64) -> Place {
        self.table.place(hashes(ask, number.wrapping_add(1)), is_strict(ask))
    }

    fn moments(&self, ask: &Ask, tickets: Tickets, terms: Terms) -> Moments {
        let mut moments = [0; 16];
        let some = moments.iter_mut().zip(0..u64::from(tickets.count()));
        for (moment, number) in some {
            *moment = self.table.peek(self.ticket(ask, number), terms);
        }
        moments
    }

    fn read(
        &self,
        admitted: bool,
        ask: &Ask,
        tickets: Tickets,
        moments: &Moments,
        now: u64,
    ) -> Reading {
        let some = moments.get(..usize::from(tickets.count())).unwrap_or(moments);
        Reading::of_tickets(admitted, ask.amount(), tickets, some, now, self.tick.nanos().into())
    }

    pub(super) fn look_at_tickets(&self, ask: &Ask, tickets: Tickets, now: u64) -> Reading {
        let (tickets, terms) = self.tickets(tickets, now);
        let moments = self.moments(ask, tickets, terms);
        let admitted = tickets.free(&moments, now) >= ask.amount();
        self.read(admitted, ask, tickets, &moments, now)
    }

    pub(super) fn take_tickets(&self, ask: &Ask, tickets: Tickets, now: u64) -> Reading {
        let (tickets, terms) = self.tickets(tickets, now);
        let mut moments = self.moments(ask, tickets, terms);
        if ask.amount() == 0 {
            return nothing(self.read(true, ask, tickets, &moments, now));
        }
        if tickets.free(&moments, now) < ask.amount() {
            return self.read(false, ask, tickets, &moments, now);
        }
        let (mut missing, mut taken) = (ask.amount(), 0_u32);
        for (number, moment) in (0..u64::from(tickets.count())).zip(&mut moments) {
            if *moment > now || missing == 0 {
                continue;
            }
            let next = |moment| (moment <= now).then(|| tickets.taken(now));
            match self.table.update(self.ticket(ask, number), terms, next) {
                Ok(until) => {
                    *moment = until;
                    missing = missing.saturating_sub(1);
                    taken |= 1_u32.checked_shl(u32::try_from(number).unwrap_or(0)).unwrap_or(0);
                }
                // Another was faster.
                Err(until) => *moment = until,
            }
        }
        if missing > 0 {
            for (number, moment) in (0..u64::from(tickets.count())).zip(&mut moments) {
                let bit = 1_u32.checked_shl(u32::try_from(number).unwrap_or(0)).unwrap_or(0);
                if taken & bit != 0 {
                    self.table.give_back(self.ticket(ask, number), terms, |_| now);
                    *moment = now;
                }
            }
        }
        self.read(missing == 0, ask, tickets, &moments, now)
    }

    /// Frees the tickets that were taken last.
    pub(super) fn return_tickets(&self, ask: &Ask, tickets: Tickets, now: u64) {
        let (tickets, terms) = self.tickets(tickets, now);
        let mut moments = self.moments(ask, tickets, terms);
        for _ in 0..ask.amount().min(u32::from(tickets.count())) {
            let last = (0_u64..).zip(&mut moments).max_by_key(|(_, moment)| **moment);
            let Some((number, moment)) = last.filter(|(_, moment)| **moment > now) else { return };
            self.table.give_back(self.ticket(ask, number), terms, |_| now);
            *moment = 0;
        }
    }
}
