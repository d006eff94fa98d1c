/** A jest reporter: writes the counts of the run to the file that TEST_SUMMARY_FILE names. */
const { writeFileSync } = require('node:fs');

class TestSummary {
  onRunComplete(_contexts, results) {
    const summary = {
      passed: results.numPassedTests,
      // A file that could not even run has no tests to count, and is no success.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    writeFileSync(process.env.TEST_SUMMARY_FILE, JSON.stringify(summary));
  }
}

module.exports = TestSummary;
