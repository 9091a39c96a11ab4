// Each expectation takes down where it stands, by as many frames as Jest asks for, which is 100: in properties that hold a million of
// them that is a good part of the time. So many show where a test stood.
Error.stackTraceLimit = 12;
