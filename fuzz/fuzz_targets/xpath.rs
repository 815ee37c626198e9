#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| huce_tests::decoders::xpath(bytes));
