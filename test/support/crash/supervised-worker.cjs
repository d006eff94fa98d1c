require('./supervise.cjs').supervise('worker');
