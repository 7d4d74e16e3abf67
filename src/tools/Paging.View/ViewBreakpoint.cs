using System.Globalization;
using Paging.Core;
using Paging.Native;

namespace Paging.View;

/// <summary>A place at which a run stops.</summary>
/// <param name="Kind">The kind of place.</param>
/// <param name="Text">The call's name, or a hexadecimal address or frame number; of a fault nothing.</param>
internal sealed record ViewBreakpoint(BreakpointKind Kind, string Text)
{
    private PageNumber Page => new VirtualAddress(Number).Page;

    private uint Number => uint.Parse(Text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>Parses one. Returns false if the number or the name is invalid.</summary>
    public static bool TryParse(string kind, string text, out ViewBreakpoint breakpoint)
    {
        string value = text.Trim().ToLowerInvariant();
        if (value.StartsWith("0x", StringComparison.Ordinal)) value = value[2..];
        breakpoint = new(kind switch
        {
            "call" => BreakpointKind.Call,
            "address" => BreakpointKind.Address,
            "frame" => BreakpointKind.Frame,
            _ => BreakpointKind.Fault,
        }, value);
        return breakpoint.Kind switch
        {
            BreakpointKind.Fault => true,
            BreakpointKind.Call => value.Length != 0 && value.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter == '_'),
            _ => uint.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _),
        };
    }

    /// <summary>True if the last step stops the run.</summary>
    public bool Stops(in ViewedStep step, IEnumerable<EngineEvent> happened, bool hasFrameChanged) => Kind switch
    {
        BreakpointKind.Call => string.Equals(step.Name, Text, StringComparison.OrdinalIgnoreCase),
        BreakpointKind.Fault => happened.Any(static one => one.IsFault),
        BreakpointKind.Address => step.Page == Page || happened.Any(one => one.Pages.Contains(Page)),
        _ => hasFrameChanged,
    };

    /// <summary>The frame that it watches; null for another kind.</summary>
    public FrameNumber? Frame => Kind == BreakpointKind.Frame ? new(Number) : null;

    public override string ToString() => Kind == BreakpointKind.Fault ? "any fault" : $"{Kind.ToString().ToLowerInvariant()} {Text}";
}
