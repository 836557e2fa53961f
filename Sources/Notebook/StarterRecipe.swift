/// The recipe that `larder new` writes: short, commented, and at once able to run with bash alone.
package enum StarterRecipe {
  /// The text of a new recipe.
  ///
  /// - Parameter name: the recipe's name, which becomes its title.
  package static func text(name: String) -> String {
    """
    ---
    title: \(title(name))
    # Values that a run may change: `larder run \(name) --set least=4`. The default gives the type.
    params:
      least: 3
    ---

    # \(title(name))

    Say here why this recipe exists, and later what it has shown. Text like this is never run, and
    changing it runs nothing again.

    A fenced block with an id is a **step**. This one is data: its body is its only output.

    ```csv {#words}
    word,meaning
    larder,a cool room where food is kept
    jam,fruit boiled with sugar
    dough,flour and water before it is bread
    ```

    A script says in its first lines what it reads and what it makes. It finds the one under
    `in/NAME` and leaves the other in `out/`.

    ```bash {#long}
    #| in: { words.csv: words }
    #| out: long.csv
    #| env: { LEAST: "${least}" }
    while IFS=, read -r word meaning; do
      if [ "${#word}" -gt "$LEAST" ]; then echo "$word,$meaning"; fi
    done < in/words.csv > out/long.csv
    ```

    Another step takes it from there; the order of the blocks does not matter, only who names whom.

    ```bash {#count}
    #| in: { rows.csv: long }
    #| out: { count: count.txt }
    wc -l < in/rows.csv > out/count.txt
    ```

    Next: `larder check \(name)` finds mistakes, `larder run \(name)` runs the steps that are not
    done, and `larder steps` lists those that need no code, such as `clean`, `split` and
    `train/lora`.

    """
  }

  /// `my-first-recipe` as `My first recipe`.
  private static func title(_ name: String) -> String {
    let words = name.split(separator: "-").joined(separator: " ")
    return words.prefix(1).uppercased() + words.dropFirst()
  }
}
