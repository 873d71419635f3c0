// A small shop in the sample week: what is sold out is waited for, and once before it was back for a moment.
import type { Language } from "../words/language.svelte";
import { enter } from "./lines";
import * as products from "./products";
import * as recipients from "./recipients";
import { setStock, step } from "./rounds";
import type { World } from "./world";

const WORDS = {
  bell: { en: "Bronze bell", ko: "청동 종" },
  lantern: { en: "Paper lantern", ko: "종이 등" },
  bowl: { en: "Blue bowl", ko: "푸른 그릇" },
} as const;
const NAMES = {
  en: [["Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gwen", "Hugo", "Ida", "Jon", "Kim", "Lea", "Max", "Nora", "Otto", "Pia", "Ravi"], ["Ames", "Bell", "Cole", "Dale", "Evans", "Ford", "Gray", "Hill", "Ito", "Jones", "Kaur"]],
  ko: [["김", "이", "박", "최", "정", "강", "조", "윤", "장", "임", "한"], ["민아", "준호", "서연", "지훈", "하은", "도윤", "수아", "은우", "예린", "시우", "다인", "건우", "유나", "태오", "소율", "재민", "가온"]],
} as const;
/** Products, by what they are called, who waits for them, and when that began. */
const SHOP = [["bell", "SKU-4711", 620], ["lantern", "SKU-0815", 45], ["bowl", "SKU-2001", 0]] as const;

export function shop(world: World, language: Language, began: number): void {
  const [one, other] = NAMES[language];
  const name = (n: number): string => [one[n % one.length], other[n % other.length]].join(language === "ko" ? "" : " ");
  world.at(began, () => {
    for (const [word, key, waiting] of SHOP) {
      const waves = word === "lantern" ? { per_item: 3, wait_seconds: 60 } : {};
      products.put(world, key, undefined, { name: WORDS[word][language], ...waves });
      const it = products.find(world, key);
      for (let n = 1; n <= waiting; n++) {
        const id = `customer-${String(n)}`;
        recipients.keep(world, id, { name: name(n), email: n % 3 === 0 ? null : `customer-${String(n)}@example.org`, locale: language });
        enter(world, it, id);
      }
    }
  });
  // Two were back a day later, for three seconds.
  const bell = products.find(world, SHOP[0][1]);
  world.at(began + 86_400_000, () => setStock(world, bell, undefined, 2));
  world.at(began + 86_403_000, () => {
    step(world);
    setStock(world, bell, undefined, 0);
  });
}
