fn needs<T: Clone>() {}

fn main() {
    needs::<palisade_passwords::reset::Mail>();
}
