using Paging.Bench.Harness;

namespace Paging.Bench.Reports;

/// <summary>The measure that a goal limits.</summary>
internal enum GoalMeasure
{
    /// <summary>The engine's time over the reference's.</summary>
    TimesReference,
    /// <summary>The engine's time over the host kernel's with 4 KiB pages.</summary>
    TimesKernel,
    /// <summary>The engine's time over that of a C# programmer's usual choice.</summary>
    TimesCSharp,
    /// <summary>The engine's time over that of a C++ programmer's usual choice.</summary>
    TimesCpp,
    /// <summary>The engine's time over that of Unicorn's memory API.</summary>
    TimesUnicorn,
    /// <summary>The engine's time over its own at another size, in the same run.</summary>
    TimesOtherSize,
    /// <summary>The engine's time.</summary>
    Nanoseconds,
    /// <summary>The engine's longest single operation, in any run.</summary>
    LongestNanoseconds,
    /// <summary>The engine's time minus the reference's: the cost of bookkeeping.</summary>
    NanosecondsOverReference,
    /// <summary>Managed bytes in any run of the engine.</summary>
    AllocatedBytes,
}

/// <summary>A number to reach. Reported, never a reason to fail: times depend on the machine.</summary>
/// <param name="Issue">The issue that asks for it.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Sizes">At which sizes; none: at all of them.</param>
/// <param name="Measure">The limited measure.</param>
/// <param name="AtMost">To how much.</param>
internal sealed record Goal(int Issue, string Operation, string[] Sizes, GoalMeasure Measure, double AtMost)
{
    /// <summary>The size for <see cref="GoalMeasure.TimesOtherSize"/>.</summary>
    public string OtherSize { get; init; } = "";

    /// <summary>True when it is about a race.</summary>
    public bool Concerns(RaceResult result) =>
        string.Equals(Operation, result.Operation, StringComparison.Ordinal)
        && (Sizes.Length == 0 || Sizes.Contains(result.Size, StringComparer.Ordinal));

    /// <summary>The value reached; none where there is nothing to compare with.</summary>
    public double? Reached(RaceResult result, IReadOnlyList<RaceResult> all)
    {
        Lap engine = result.Engine;
        return Measure switch
        {
            GoalMeasure.TimesReference => result.Ratio(engine, Role.Reference),
            GoalMeasure.TimesKernel => result.Ratio(engine, Role.Kernel),
            GoalMeasure.TimesCSharp => result.Ratio(engine, Role.CSharp),
            GoalMeasure.TimesCpp => result.Ratio(engine, Role.Cpp),
            GoalMeasure.TimesUnicorn => result.Ratio(engine, Role.Unicorn),
            GoalMeasure.TimesOtherSize => FindOther(all) is { } other ? result.TimeOf(engine) / other.TimeOf(other.Engine) : null,
            GoalMeasure.Nanoseconds => result.TimeOf(engine),
            GoalMeasure.LongestNanoseconds => engine.LongestNanoseconds > 0 ? engine.LongestNanoseconds : null,
            GoalMeasure.NanosecondsOverReference => result.TimeOf(engine) - result.TimeOf(Role.Reference),
            _ => engine.AllocatedBytes,
        };
    }

    /// <summary>The goal in words.</summary>
    public string Text => Measure == GoalMeasure.LongestNanoseconds || !RaceResult.UsesMedian(Operation)
        ? TextOfMeasure : $"{TextOfMeasure}, by medians";

    private string TextOfMeasure => Measure switch
    {
        GoalMeasure.TimesReference => $"at most {FigureText.Ratio(AtMost)} times the reference",
        GoalMeasure.TimesKernel => $"at least {FigureText.Ratio(1 / AtMost)} times as fast as the kernel with 4 KiB pages",
        GoalMeasure.TimesCSharp => $"at least {FigureText.Ratio(1 / AtMost)} times as fast as C#",
        GoalMeasure.TimesCpp => $"at most {FigureText.Ratio(AtMost)} times C++",
        GoalMeasure.TimesUnicorn => $"at least {FigureText.Ratio(1 / AtMost)} times as fast as Unicorn",
        GoalMeasure.TimesOtherSize when AtMost < 1 =>
            $"at least {FigureText.Ratio(1 / AtMost)} times as fast as {OtherSize}",
        GoalMeasure.TimesOtherSize => $"at most {FigureText.Ratio(AtMost)} times {OtherSize}",
        GoalMeasure.Nanoseconds => $"at most {FigureText.Nanoseconds(AtMost)} ns",
        GoalMeasure.LongestNanoseconds => $"no single operation longer than {FigureText.Nanoseconds(AtMost)} ns",
        GoalMeasure.NanosecondsOverReference => $"at most {FigureText.Nanoseconds(AtMost)} ns over the reference",
        _ => "no managed bytes",
    };

    /// <summary>The value reached, in the words of the goal.</summary>
    public string ReachedText(double reached) => Measure switch
    {
        GoalMeasure.TimesReference or GoalMeasure.TimesCpp => FigureText.Ratio(reached),
        GoalMeasure.TimesKernel or GoalMeasure.TimesCSharp or GoalMeasure.TimesUnicorn => FigureText.Ratio(1 / reached),
        GoalMeasure.TimesOtherSize => FigureText.Ratio(AtMost < 1 ? 1 / reached : reached),
        GoalMeasure.AllocatedBytes => $"{reached:0.##} B",
        _ => $"{FigureText.Nanoseconds(reached)} ns",
    };

    private RaceResult? FindOther(IReadOnlyList<RaceResult> all) => all.FirstOrDefault(one =>
        string.Equals(one.Operation, Operation, StringComparison.Ordinal) && string.Equals(one.Size, OtherSize, StringComparison.Ordinal));
}
