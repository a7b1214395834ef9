fn needs<T: palisade_audit::Auditable + ?Sized>() {}

fn main() {
    needs::<palisade_passwords::Candidate>();
    needs::<palisade_passwords::Accepted>();
    needs::<palisade_passwords::SecretKeys>();
    needs::<palisade_passwords::reset::ResetToken>();
    needs::<palisade_passwords::session::SessionId>();
    needs::<palisade_passwords::temporary::TemporaryPassword>();
    needs::<palisade_audit::LogKey>();
    needs::<[u8]>();
}
