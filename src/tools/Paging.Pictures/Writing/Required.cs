using System.Runtime.CompilerServices;

namespace Paging.Pictures.Writing;

/// <summary>Arguments that must be there: checked where the host gives them, not where a picture is drawn of them.</summary>
internal static class Required
{
    /// <summary>The object.</summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public static T Of<T>(T? value, [CallerArgumentExpression(nameof(value))] string name = "") where T : class =>
        value ?? throw new ArgumentNullException(name);

    /// <summary>The list, with every object in it.</summary>
    /// <exception cref="ArgumentException">It is null, or one of its objects.</exception>
    public static IReadOnlyList<T> All<T>(IReadOnlyList<T>? list, [CallerArgumentExpression(nameof(list))] string name = "")
        where T : class
    {
        ArgumentNullException.ThrowIfNull(list, name);
        return list.Contains(null!) ? throw new ArgumentException("An object in the list is null.", name) : list;
    }

    /// <summary>The rows, with every cell.</summary>
    /// <exception cref="ArgumentException">They are null, or a row, or a cell.</exception>
    public static IReadOnlyList<IReadOnlyList<string>> Rows(
        IReadOnlyList<IReadOnlyList<string>>? rows, [CallerArgumentExpression(nameof(rows))] string name = "")
    {
        foreach (IReadOnlyList<string> row in All(rows, name)) All(row, name);
        return rows!;
    }

    /// <summary>The list, with all parts as they must be.</summary>
    /// <exception cref="ArgumentException">The list is null, or a part is not.</exception>
    public static IReadOnlyList<T> All<T>(
        IReadOnlyList<T>? list, Func<T, bool> isWhole, [CallerArgumentExpression(nameof(list))] string name = "")
        where T : struct
    {
        ArgumentNullException.ThrowIfNull(list, name);
        return list.All(isWhole) ? list : throw new ArgumentException("A part of the list is null, or out of range.", name);
    }
}
