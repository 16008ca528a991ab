// One data point, in one crossing: `labels` has the event and its labels, each on a line of its own.
export function write(env, binding, labels, numbers) {
  const blobs = labels.split("\n");
  env[binding]?.writeDataPoint({ indexes: [blobs[0]], blobs, doubles: [...numbers] });
}
