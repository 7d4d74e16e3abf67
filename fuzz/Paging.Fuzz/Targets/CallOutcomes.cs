using Paging.Core;
using Paging.Scripting;

namespace Paging.Fuzz;

/// <summary>The outcomes of calls as <see cref="Coverage"/> counts them.</summary>
internal static class CallOutcomes
{
    private const int Succeeded = 0, Unsupported = 1, FirstSignal = 2;
    private const int FirstError = FirstSignal + (int)MemoryFaultKind.OutOfMemory;

    private static readonly Errno[] Errors = Enum.GetValues<Errno>();
    private static readonly int[] ErrorPlaces = MakeErrorPlaces();

    /// <summary>A fresh table of every call of the dialect.</summary>
    public static Coverage NewCoverage() => new(
        [.. ScriptCalls.All.Select(static signature => signature.Spelling)],
        ["ok", "unsupported", "MAPERR", "ACCERR", "ADRERR", "OOM", .. Errors.Select(static error => error.ToString())]);

    /// <summary>The outcome that a result stands for.</summary>
    public static int Of(in ScriptResult result) => result.Kind switch
    {
        CallResultKind.Error => FirstError + ErrorPlaces[result.Value],
        CallResultKind.Signal => FirstSignal - 1 + (int)result.Extra,
        CallResultKind.Unsupported => Unsupported,
        _ => Succeeded,
    };

    private static int[] MakeErrorPlaces()
    {
        int[] places = new int[(int)Errors.Max() + 1];
        for (int i = 0; i < Errors.Length; i++) places[(int)Errors[i]] = i;
        return places;
    }
}
