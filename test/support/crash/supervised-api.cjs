require('./supervise.cjs').supervise('api');
