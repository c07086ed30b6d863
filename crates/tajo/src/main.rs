//! The `tajo` program.

fn main() -> std::process::ExitCode {
    tajo::surface::cli::main()
}
