using Paging.Core;
using Paging.Scripting.Calls;

namespace Paging.Testing.Counting;

/// <summary>The outcomes of calls as <see cref="Coverage"/> counts them.</summary>
internal static class CallOutcomes
{
    private const int Succeeded = 0, Unsupported = 1, FirstSignal = 2;
    private const int FirstError = FirstSignal + (int)MemoryFaultKind.OutOfMemory;

    private static readonly Errno[] Errors = Enum.GetValues<Errno>();
    private static readonly int[] ErrorPlaces = MakeErrorPlaces();

    /// <summary>The names of the outcomes, by the numbers that <see cref="Of"/> gives.</summary>
    public static string[] Names { get; } =
        ["ok", "unsupported", "MAPERR", "ACCERR", "ADRERR", "OOM", .. Errors.Select(static error => error.ToString())];

    /// <summary>A fresh table of every call of the dialect, and of every advice.</summary>
    /// <param name="listsUnseen">List the pairs of <see cref="CallPairs"/> that have not occurred.</param>
    public static Coverage NewCoverage(bool listsUnseen = true) => new(
        [.. ScriptCalls.All.Select(static signature => signature.Spelling), .. CallPairs.Advice.Select(static advice => $"  {advice}")],
        Names,
        listsUnseen ? Expected() : null);

    /// <summary>Counts a call and its outcome; of a madvise also its advice.</summary>
    public static void Count(Coverage coverage, in ScenarioCall call, in ScriptResult result)
    {
        int outcome = Of(result);
        coverage.Add((int)call.Name, outcome);
        if (call.Name != CallName.Madvise) return;
        int advice = Array.IndexOf(CallPairs.Advice, (MemoryAdvice)call.A2);
        if (advice >= 0) coverage.Add(ScriptCalls.All.Length + advice, outcome);
    }

    /// <summary>The index of a result's outcome in <see cref="Names"/>.</summary>
    public static int Of(in ScriptResult result) => result.Kind switch
    {
        CallResultKind.Error => FirstError + ErrorPlaces[result.Value],
        CallResultKind.Signal => FirstSignal - 1 + (int)result.Extra,
        CallResultKind.Unsupported => Unsupported,
        _ => Succeeded,
    };

    private static List<(int Operation, int Outcome)> Expected()
    {
        List<(int, int)> pairs = [];
        for (int name = 0; name < ScriptCalls.All.Length; name++)
        {
            pairs.Add((name, Succeeded));
            foreach (Errno error in CallPairs.ErrorsOf((CallName)name)) pairs.Add((name, FirstError + ErrorPlaces[(int)error]));
            for (int signal = 0; CallPairs.CanFault((CallName)name) && signal < 3; signal++) pairs.Add((name, FirstSignal + signal));
        }

        for (int advice = 0; advice < CallPairs.Advice.Length; advice++)
        {
            int row = ScriptCalls.All.Length + advice;
            pairs.Add((row, Succeeded));
            foreach (Errno error in CallPairs.ErrorsOf(CallPairs.Advice[advice])) pairs.Add((row, FirstError + ErrorPlaces[(int)error]));
        }

        return pairs;
    }

    private static int[] MakeErrorPlaces()
    {
        int[] places = new int[(int)Errors.Max() + 1];
        for (int i = 0; i < Errors.Length; i++) places[(int)Errors[i]] = i;
        return places;
    }
}
