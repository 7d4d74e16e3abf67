using System.Globalization;
using System.Text;

namespace Paging.Fuzz;

/// <summary>Writes docs/CROSSINGS.md: the cells of the matrix that are refused.</summary>
internal static class CrossingDocument
{
    /// <summary>The document of a run.</summary>
    public static string Of(IReadOnlyList<CrossingCell> cells)
    {
        CrossingCell[] refused = [.. cells.Where(static cell => cell.End is CrossingEnd.Refused or CrossingEnd.NoContext)];
        int wrong = cells.Count(static cell => cell.End == CrossingEnd.Wrong);
        (int features, int pairs) = (CrossingContexts.Single.Count, CrossingContexts.All.Count - CrossingContexts.Single.Count);
        (int operations, int done) = (CrossingOperations.All.Count, cells.Count - refused.Length);
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"""
            # What goes with what

            Printed from a run (`CrossingMatrixTests`; `PAGING_WRITE_CROSSINGS=1` writes it anew). {features} features,
            each switched on alone and in {pairs} pairs, are crossed with {operations} operations: {cells.Count:N0} cells. After
            each, every byte of private, shared and mapped memory is compared with plain numbers, and the engine is audited. {done:N0} cells
            do what they do alone, {wrong} are wrong, and {refused.Length} are refused, with nothing changed:

            | Operation | is refused beside | Error | Because | Instead |
            |---|---|---|---|---|

            """);
        foreach (IGrouping<CrossingRefusalName?, CrossingCell> named in refused.GroupBy(static cell => CrossingRefusalName.Find(cell)))
        {
            string names = string.Join("; ", named.Select(static cell => cell.Operation).Distinct(StringComparer.Ordinal));
            string contexts = string.Join("; ", named.SelectMany(static cell => cell.Context.Split(", then "))
                .Distinct(StringComparer.Ordinal)
                .Where(context => named.Key?.Contexts.Contains(context, StringComparer.Ordinal) ?? true));
            (string reason, string instead) = (named.Key?.Reason ?? "?", named.Key?.Instead ?? "?");
            text.Append(CultureInfo.InvariantCulture, $"| {names} | {contexts} | {named.First().Detail} | {reason} | {instead} |\n");
        }

        text.Append("""

            [WINDOWS.md](WINDOWS.md#what-belongs-to-an-address-space) has what a Windows process refuses,
            [TESTING.md](TESTING.md) the replay of recordings beside each feature, and the random sets of features (`crossings`).

            """);
        return text.ToString();
    }
}
