using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Paging.Testing.Generating;

/// <summary>Prints a counterexample: the items of arrays, lists and tuples instead of the names of their types.</summary>
internal static class ValueText
{
    private const int ItemsMax = 256;

    public static string Of(object? value) => value switch
    {
        null => "null",
        string text => text,
        ITuple tuple => $"({string.Join(", ", Enumerable.Range(0, tuple.Length).Select(index => Of(tuple[index])))})",
        IEnumerable items when PrintsItsType(value) => Items(items),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>Arrays and the framework's collections have no text of their own; a type that has one keeps it.</summary>
    private static bool PrintsItsType(object value) => value.GetType().IsArray
        || value.GetType().GetMethod(nameof(ToString), Type.EmptyTypes)?.DeclaringType == typeof(object);

    private static string Items(IEnumerable items)
    {
        List<string> texts = [];
        int more = 0;
        foreach (object? item in items)
        {
            if (texts.Count < ItemsMax) texts.Add(Of(item));
            else more++;
        }

        return $"[{string.Join(", ", texts)}{(more == 0 ? "" : $", and {more} more")}]";
    }
}
