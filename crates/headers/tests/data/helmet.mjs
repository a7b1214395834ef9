// Writes the headers that helmet sends by default, one `name: value` a line:
//   npm install helmet@8.3.0 && node helmet.mjs > helmet-8.3.0.txt
import helmet from "helmet";

const sent = new Map();
const response = { setHeader: (name, value) => sent.set(name, value), removeHeader: () => {} };
helmet()({}, response, () => {});
for (const [name, value] of sent) console.log(`${name.toLowerCase()}: ${value}`);
