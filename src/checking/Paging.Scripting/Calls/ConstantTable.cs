using System.Collections.Immutable;
using System.Text;

namespace Paging.Scripting.Calls;

/// <summary>The names that one kind of argument accepts, in the order in which they print.</summary>
/// <param name="areBits">True when values are ORed from names; false when one name is the whole value.</param>
/// <param name="entries">Names and values; of two that share bits the one with more comes first.</param>
public sealed class ConstantTable(bool areBits, params (string Name, long Value)[] entries)
{
    private readonly bool _areBits = areBits;

    /// <summary>The names and their values, in the order in which they print.</summary>
    public ImmutableArray<(string Name, long Value)> Entries { get; } = [.. entries];

    /// <summary>Finds the value of a name. Returns false if this kind of argument does not accept it.</summary>
    public bool TryFind(ReadOnlySpan<char> name, out long value)
    {
        foreach ((string known, long knownValue) in Entries)
        {
            if (!name.SequenceEqual(known)) continue;
            value = knownValue;
            return true;
        }
        value = 0;
        return false;
    }

    /// <summary>Appends the names that make up the value; false, and nothing appended, when some of it has no name.</summary>
    public bool TryAppend(StringBuilder text, long value)
    {
        int length = text.Length;
        long left = value;
        foreach ((string name, long part) in Entries)
        {
            bool isPart = _areBits && part != 0 && (left & part) == part;
            if (part != value && !isPart) continue;
            if (text.Length > length) text.Append('|');
            text.Append(name);
            left &= ~part;
            if (left == 0) return true;
        }
        text.Length = length;
        return false;
    }
}
