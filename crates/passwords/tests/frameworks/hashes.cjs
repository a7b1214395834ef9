// Hashes passwords with bcryptjs and says which of them match each hash; as hashes.py does.
//
// The arguments are what is asked for and the folder of bcryptjs.
"use strict";

const [asked, folder] = process.argv.slice(2);
const bcrypt = require(folder);
const passwords = JSON.parse(require("node:fs").readFileSync(0, "utf8"));

const row = (password) => {
  const stored = bcrypt.hashSync(password, 4);
  const verdicts = passwords.map((other) => bcrypt.compareSync(other, stored));
  return ["bcrypt", "bcryptjs", password, stored, verdicts];
};
const answer =
  asked === "matrix"
    ? passwords.map(row)
    : [["bcrypt", "bcryptjs", bcrypt.hashSync("password")]];
process.stdout.write(JSON.stringify(answer));
