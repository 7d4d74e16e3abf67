using System.Globalization;
using System.Text;
using Paging.Core;

namespace Paging.Scripting.Calls;

/// <summary>Prints scenarios and their parts in the forms of docs/DIALECT.md.</summary>
/// <remarks>
/// A call prints in canonical form: named constants, addresses as eight digits, lengths as few, a zero of either as <c>0</c>. The
/// recordings spell some numbers differently from line to line (<c>0</c> and <c>0x0</c>), so a document prints its calls as they were
/// written.
/// </remarks>
public static class ScenarioPrinter
{
    /// <summary>A call in canonical form; parsing it gives the call again.</summary>
    public static string Print(in ScenarioCall call)
    {
        StringBuilder text = new();
        Append(text, in call);
        return text.ToString();
    }

    /// <summary>A result as it stands after <c>=</c>; nothing recorded is empty.</summary>
    public static string Print(in ScriptResult result)
    {
        StringBuilder text = new();
        Append(text, in result);
        return text.ToString();
    }

    /// <summary>The header's line.</summary>
    public static string Print(ScenarioHeader header)
    {
        string layout = header.Layout == LayoutKind.Classic ? "classic" : "flexible";
        string limit = header.StackLimit == ulong.MaxValue ? Constants.NoLimit : $"0x{header.StackLimit:x}";
        return $"{ScenarioHeader.Name}(layout={layout}, task_size=0x{header.TaskSize}, mmap_base=0x{header.MmapBase}, " +
            $"brk=0x{header.Break}, stack_limit={limit}, reserved=0x{header.Reserved}{OptionalPart(header)}) = 0";
    }

    private static string OptionalPart(ScenarioHeader header) =>
        (header.HugePages is { } huge ? string.Create(CultureInfo.InvariantCulture, $", huge={huge}") : "")
        + (header.SurplusHugePages != 0 ? string.Create(CultureInfo.InvariantCulture, $", surplus={header.SurplusHugePages}") : "")
        + (header.HasTransparentPages ? ", thp=madvise" : "")
        + (header.Lowest is { } lowest ? $", lowest=0x{lowest}" : "");

    /// <summary>The signal and code of a kind of fault: <c>SIGSEGV SEGV_MAPERR</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The dialect has no signal for it.</exception>
    public static string SignalName(MemoryFaultKind kind) => kind switch
    {
        MemoryFaultKind.NotMapped => "SIGSEGV SEGV_MAPERR",
        MemoryFaultKind.NotAllowed => "SIGSEGV SEGV_ACCERR",
        MemoryFaultKind.BusError => "SIGBUS BUS_ADRERR",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No signal of the dialect."),
    };

    private static void Append(StringBuilder text, in ScenarioCall call)
    {
        CallSignature signature = call.Signature ?? call.Name;
        if (call.Process != 0) text.Append(CultureInfo.InvariantCulture, $"[{call.Process}] ");
        text.Append(signature.Spelling).Append('(');
        int number = 0;
        foreach (ArgumentForm form in signature.Arguments)
        {
            if (form.IsName ? call.FileName is null : number == call.ArgumentCount) break;    // an optional one that is missing
            if (text[^1] != '(') text.Append(", ");
            if (form.IsName) text.Append('"').Append(call.FileName).Append('"');
            else AppendNumber(text, call[number++], form);
        }
        text.Append(')');
    }

    private static void AppendNumber(StringBuilder text, long value, ArgumentForm form)
    {
        if (form.Constants?.TryAppend(text, value) == true) return;
        foreach ((char letter, long mark) in form.Handles)
        {
            if (value < 0 || (value & mark) != mark) continue;
            text.Append(letter).Append(value & ~mark);
            return;
        }

        bool isZero = value == 0;
        _ = form.Style switch
        {
            NumberStyle.HexadecimalByte => text.Append(CultureInfo.InvariantCulture, $"0x{value:x2}"),
            NumberStyle.HexadecimalWord => text.Append(CultureInfo.InvariantCulture, $"0x{value:x8}"),
            NumberStyle.HexadecimalAddress when !isZero => text.Append(CultureInfo.InvariantCulture, $"0x{value:x8}"),
            NumberStyle.Hexadecimal when value > 0 || (value < 0 && form.Range == NumberRange.Unsigned64) =>
                text.Append(CultureInfo.InvariantCulture, $"0x{value:x}"),
            _ => text.Append(value),
        };
    }

    private static void Append(StringBuilder text, in ScriptResult result) => _ = result.Kind switch
    {
        CallResultKind.None => text,
        CallResultKind.Number => text.Append(result.Value),
        CallResultKind.Address or CallResultKind.Word => text.Append(CultureInfo.InvariantCulture, $"0x{result.Value:x8}"),
        CallResultKind.Byte => text.Append(CultureInfo.InvariantCulture, $"0x{result.Value:x2}"),
        CallResultKind.Error => text.Append("-1 ").Append((Errno)result.Value),
        CallResultKind.Signal =>
            text.Append(CultureInfo.InvariantCulture, $"{SignalName((MemoryFaultKind)result.Extra)} 0x{result.Value:x8}"),
        CallResultKind.CountAndCrc => text.Append(CultureInfo.InvariantCulture, $"{result.Value} crc32=0x{result.Extra:x8}"),
        CallResultKind.Crc => text.Append(CultureInfo.InvariantCulture, $"crc32=0x{result.Extra:x8}"),
        CallResultKind.Quoted => text.Append('"').Append(result.Text).Append('"'),
        CallResultKind.Block => AppendBlock(text, result.Text),
        CallResultKind.OfDialect => text.Append(result.Own),
        CallResultKind.Unsupported => text.Append("unsupported: ").Append(result.Text),
        _ => text.Append(result.Text),
    };

    private static StringBuilder AppendBlock(StringBuilder text, string? rows)
    {
        text.Append("{\n").Append(rows);
        if (!string.IsNullOrEmpty(rows) && !rows.EndsWith('\n')) text.Append('\n');
        return text.Append('}');
    }
}
