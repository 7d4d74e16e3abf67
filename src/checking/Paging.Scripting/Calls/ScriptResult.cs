using Paging.Core;
using Paging.Native;

namespace Paging.Scripting.Calls;

/// <summary>The form of a result: which of the others of <see cref="ScriptResult"/>'s members count.</summary>
public enum CallResultKind : byte
{
    /// <summary>No result was recorded: nothing is compared.</summary>
    None,
    /// <summary>A decimal number: <c>0</c>, <c>4096</c>.</summary>
    Number,
    /// <summary>An address: <c>0x20000000</c>.</summary>
    Address,
    /// <summary>A byte: <c>0x41</c>.</summary>
    Byte,
    /// <summary>A word: <c>0x00000041</c>.</summary>
    Word,
    /// <summary>A failed call: <c>-1 ENOMEM</c>.</summary>
    Error,
    /// <summary>A faulting access: <c>SIGSEGV SEGV_MAPERR 0x20000000</c>.</summary>
    Signal,
    /// <summary>Bytes moved and their checksum: <c>100 crc32=0x12345678</c>.</summary>
    CountAndCrc,
    /// <summary>A checksum: <c>crc32=0x12345678</c>.</summary>
    Crc,
    /// <summary>Characters between quotation marks: <c>"1011"</c>.</summary>
    Quoted,
    /// <summary>Rows between braces, joined by line feeds, without the braces.</summary>
    Block,
    /// <summary>One line as it stands: <c>size=19 data=11 stack=0 locked=0</c>.</summary>
    Line,
    /// <summary>A form that only one dialect has: <see cref="ScriptResult.Own"/>.</summary>
    OfDialect,
    /// <summary>
    /// The machine cannot execute this call; <see cref="ScriptResult.Text"/> has the reason. Never equal to a recorded result.
    /// </summary>
    Unsupported,
}

/// <summary>The result of one call, comparable without making text.</summary>
/// <param name="Kind">The form.</param>
/// <param name="Value">The number, address, byte, word, count, error number or faulting address.</param>
/// <param name="Extra">The checksum, or the <see cref="MemoryFaultKind"/> of a signal.</param>
/// <param name="Text">The characters of <see cref="CallResultKind.Quoted"/>, <see cref="CallResultKind.Block"/>,
/// <see cref="CallResultKind.Line"/>.</param>
public readonly record struct ScriptResult(CallResultKind Kind, long Value, uint Extra, string? Text)
{
    /// <summary>The value of <see cref="CallResultKind.OfDialect"/>.</summary>
    public DialectResult? Own { get; private init; }

    /// <summary>A result in a form that only one dialect has.</summary>
    public static ScriptResult Of(DialectResult own) => new(CallResultKind.OfDialect, 0, 0, null) { Own = own };

    /// <summary>A decimal number.</summary>
    public static ScriptResult Number(long value) => new(CallResultKind.Number, value, 0, null);

    /// <summary>An address.</summary>
    public static ScriptResult Address(VirtualAddress address) => new(CallResultKind.Address, address.Value, 0, null);

    /// <summary>An address of 64 bits: what another system may answer with. Never equal to one of this dialect's.</summary>
    public static ScriptResult WideAddress(ulong address) => new(CallResultKind.Address, (long)address, 0, null);

    /// <summary>A byte that was read.</summary>
    public static ScriptResult Byte(byte value) => new(CallResultKind.Byte, value, 0, null);

    /// <summary>A word that was read.</summary>
    public static ScriptResult Word(uint value) => new(CallResultKind.Word, value, 0, null);

    /// <summary>A failed call.</summary>
    public static ScriptResult Error(Errno error) => new(CallResultKind.Error, (long)error, 0, null);

    /// <summary><c>0</c> for success, otherwise the error.</summary>
    public static ScriptResult ZeroOr(Errno error) => error == Errno.None ? Number(0) : Error(error);

    /// <summary>The engine has no frame left, which has no form in the dialect.</summary>
    internal static ScriptResult OutOfMemory => Unsupported("out of memory");

    /// <summary>A faulting access; out of memory has no form in the dialect and becomes unsupported.</summary>
    public static ScriptResult Signal(MemoryFault fault) => fault.Kind == MemoryFaultKind.OutOfMemory
        ? OutOfMemory
        : new(CallResultKind.Signal, fault.Address.Value, (uint)fault.Kind, null);

    /// <summary>Bytes moved and the CRC-32 of them.</summary>
    public static ScriptResult CountAndCrc(long count, uint crc) => new(CallResultKind.CountAndCrc, count, crc, null);

    /// <summary>A CRC-32.</summary>
    public static ScriptResult Crc(uint crc) => new(CallResultKind.Crc, 0, crc, null);

    /// <summary>Characters that print between quotation marks.</summary>
    public static ScriptResult Quoted(string text) => new(CallResultKind.Quoted, 0, 0, text);

    /// <summary>Rows, joined by line feeds; empty text is a block without rows.</summary>
    public static ScriptResult Block(string rows) => new(CallResultKind.Block, 0, 0, rows);

    /// <summary>One line as it stands.</summary>
    public static ScriptResult Line(string text) => new(CallResultKind.Line, 0, 0, text);

    /// <summary>The machine cannot execute the call.</summary>
    public static ScriptResult Unsupported(string reason) => new(CallResultKind.Unsupported, 0, 0, reason);

    /// <summary>True when a machine's result is the recorded one (this).</summary>
    /// <remarks>
    /// Numbers, addresses, bytes and words compare by value; nothing recorded agrees with anything; unsupported agrees with nothing.
    /// </remarks>
    public bool Agrees(in ScriptResult actual)
    {
        if (actual.Kind == CallResultKind.Unsupported || Kind == CallResultKind.Unsupported) return false;
        if (Kind == CallResultKind.None) return true;
        if (Own is not null) return actual.Own is not null && Own.Agrees(actual.Own);
        if (IsNumeric && actual.IsNumeric) return Value == actual.Value;
        return Kind == actual.Kind && Value == actual.Value && Extra == actual.Extra
            && Text.AsSpan().TrimEnd('\n').SequenceEqual(actual.Text.AsSpan().TrimEnd('\n'));
    }

    /// <summary>The result as it stands after <c>=</c> in a scenario.</summary>
    public override string ToString() => ScenarioPrinter.Print(in this);

    private bool IsNumeric => Kind is CallResultKind.Number or CallResultKind.Address or CallResultKind.Byte or CallResultKind.Word;
}
