using System.Collections.Immutable;

namespace Paging.Scripting.Calls;

/// <summary>The numbers an argument may be. Negative ones are listed; <c>-1</c> where all bits set has a meaning.</summary>
public enum NumberRange : byte
{
    /// <summary>0 to 255.</summary>
    Unsigned8,
    /// <summary>0 to 2^32-1; -1 is 2^32-1, as the register would hold it.</summary>
    Unsigned32,
    /// <summary>-2^31 to 2^31-1; up to 2^32-1 wraps, as the register would hold it.</summary>
    Signed32,
    /// <summary>0 to 2^63-1.</summary>
    Unsigned63,
    /// <summary>-2^63 to 2^63-1; up to 2^64-1 wraps.</summary>
    Signed64,
    /// <summary>0 to 2^64-1, held as the same 64 bits; -1 is 2^64-1.</summary>
    Unsigned64,
    /// <summary>No number: a name only.</summary>
    None,
}

/// <summary>The printed form of an argument's number.</summary>
public enum NumberStyle : byte
{
    /// <summary><c>20480</c>.</summary>
    Decimal,
    /// <summary><c>0x2000</c>; zero is <c>0</c>, negative numbers are decimal.</summary>
    Hexadecimal,
    /// <summary><c>0x0b</c>.</summary>
    HexadecimalByte,
    /// <summary><c>0x0d007145</c>.</summary>
    HexadecimalWord,
    /// <summary><c>0x08048000</c>; zero is <c>0</c>.</summary>
    HexadecimalAddress,
}

/// <summary>The rules by which one <see cref="ArgumentKind"/> is parsed and printed.</summary>
/// <param name="Noun">Its name in messages: "an address".</param>
/// <param name="Range">The numbers it may be.</param>
/// <param name="Style">The printed form of its numbers.</param>
/// <param name="Constants">The names that it accepts, or null.</param>
public sealed record ArgumentForm(string Noun, NumberRange Range, NumberStyle Style, ConstantTable? Constants = null)
{
    /// <summary>The kind of the argument in the dialect of Linux; <see cref="ArgumentKind.Other"/> in others.</summary>
    public ArgumentKind Kind { get; private init; } = ArgumentKind.Other;

    /// <summary>True for a name between quotation marks, which is not a number.</summary>
    public bool IsName { get; init; }

    /// <summary>Letters in front of a number that name an object: <c>s2</c>. Each adds its mark to the number.</summary>
    public ImmutableArray<(char Letter, long Mark)> Handles { get; init; } = [];

    private static readonly ImmutableArray<ArgumentForm> Forms = [.. MakeForms()];

    /// <summary>The form of a kind.</summary>
    internal static ArgumentForm Of(ArgumentKind kind) => Forms[(int)kind];

    private static ArgumentForm[] MakeForms()
    {
        ArgumentForm[] forms = new ArgumentForm[(int)ArgumentKind.Other];
        for (int kind = 0; kind < forms.Length; kind++) forms[kind] = Make((ArgumentKind)kind) with { Kind = (ArgumentKind)kind };
        return forms;
    }

    private static ArgumentForm Make(ArgumentKind kind) => kind switch
    {
        ArgumentKind.Address => new("an address", NumberRange.Unsigned32, NumberStyle.HexadecimalAddress),
        ArgumentKind.Length => new("a length", NumberRange.Unsigned32, NumberStyle.Hexadecimal),
        ArgumentKind.Count => new("a number", NumberRange.Unsigned32, NumberStyle.Decimal),
        ArgumentKind.Byte => new("a byte", NumberRange.Unsigned8, NumberStyle.HexadecimalByte),
        ArgumentKind.Word => new("a word", NumberRange.Unsigned32, NumberStyle.HexadecimalWord),
        ArgumentKind.FileOffset => new("a file offset", NumberRange.Signed64, NumberStyle.Hexadecimal),
        ArgumentKind.FilePosition => new("a file position", NumberRange.Signed64, NumberStyle.Decimal),
        ArgumentKind.FileSize => new("a file size", NumberRange.Unsigned63, NumberStyle.Decimal),
        ArgumentKind.Descriptor => new("a descriptor", NumberRange.Signed32, NumberStyle.Decimal),
        ArgumentKind.Protection => new("a protection", NumberRange.Unsigned32, NumberStyle.Hexadecimal, Calls.Constants.Protection),
        ArgumentKind.MapFlags => new("a mapping flag", NumberRange.Unsigned32, NumberStyle.Hexadecimal, Calls.Constants.MapFlags),
        ArgumentKind.RemapFlags => new("an mremap flag", NumberRange.Unsigned32, NumberStyle.Decimal, Calls.Constants.RemapFlags),
        ArgumentKind.Advice => new("an advice", NumberRange.Signed32, NumberStyle.Decimal, Calls.Constants.Advice),
        ArgumentKind.SyncFlags => new("an msync flag", NumberRange.Unsigned32, NumberStyle.Decimal, Calls.Constants.SyncFlags),
        ArgumentKind.LockFlags => new("an mlock2 flag", NumberRange.Unsigned32, NumberStyle.Decimal, Calls.Constants.LockFlags),
        ArgumentKind.LockAllFlags => new("an mlockall flag", NumberRange.Unsigned32, NumberStyle.Decimal, Calls.Constants.LockAllFlags),
        ArgumentKind.Limit => new("the name of a limit", NumberRange.None, NumberStyle.Decimal, Calls.Constants.Limit),
        ArgumentKind.LimitValue => new("a limit", NumberRange.Unsigned64, NumberStyle.Hexadecimal, Calls.Constants.LimitValue),
        ArgumentKind.MemoryFileFlags =>
            new("a memfd flag", NumberRange.Unsigned32, NumberStyle.Hexadecimal, Calls.Constants.MemoryFileFlags),
        ArgumentKind.AllocateMode =>
            new("an fallocate mode", NumberRange.Unsigned32, NumberStyle.Decimal, Calls.Constants.AllocateMode),
        ArgumentKind.ProcessControl =>
            new("a prctl operation", NumberRange.Unsigned32, NumberStyle.Decimal, Calls.Constants.ProcessControl),
        ArgumentKind.ControlFlags => new("a number", NumberRange.Unsigned32, NumberStyle.Decimal, Calls.Constants.ControlFlags),
        ArgumentKind.FileName => new("a name between quotation marks", NumberRange.None, NumberStyle.Decimal) { IsName = true },
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Every kind of argument has a form."),
    };
}
