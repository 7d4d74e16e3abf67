using System.Globalization;
using Paging.Core;
using Paging.Native;
using Paging.Scripting;

namespace Paging.View;

/// <summary>A place at which a run stops.</summary>
/// <param name="Kind">What kind of place.</param>
/// <param name="Text">The call's name, or a hexadecimal address or frame number; of a fault nothing.</param>
internal sealed record ViewBreakpoint(BreakpointKind Kind, string Text)
{
    private uint Number => uint.Parse(Text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>Reads one. False: the number or the name is none.</summary>
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
            BreakpointKind.Call => Enum.TryParse<CallName>(value, ignoreCase: true, out _),
            _ => uint.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _),
        };
    }

    /// <summary>True if the last call stops the run.</summary>
    public bool Stops(in ScenarioCall call, IEnumerable<EngineEvent> happened, bool hasFrameChanged) => Kind switch
    {
        BreakpointKind.Call => string.Equals(call.Name.ToString(), Text, StringComparison.OrdinalIgnoreCase),
        BreakpointKind.Fault => happened.Any(IsFault),
        BreakpointKind.Address => IsAccessTo(call) || happened.Any(one => one.Pages.Contains(new VirtualAddress(Number).Page)),
        _ => hasFrameChanged,
    };

    /// <summary>The frame that it watches; null for another kind.</summary>
    public FrameNumber? Frame => Kind == BreakpointKind.Frame ? new(Number) : null;

    /// <summary>True for the end of a page fault.</summary>
    public static bool IsFault(EngineEvent happened) =>
        happened.Kind is EngineEventKind.MinorFault or EngineEventKind.MajorFault or EngineEventKind.RefusedFault;

    /// <inheritdoc/>
    public override string ToString() => Kind == BreakpointKind.Fault ? "any fault" : $"{Kind.ToString().ToLowerInvariant()} {Text}";

    private bool IsAccessTo(in ScenarioCall call) =>
        call.Name is >= CallName.Load and <= CallName.CopyOut
            && (uint)call.A0 >> VirtualAddress.PageShift == Number >> VirtualAddress.PageShift;
}
