using Paging.Bench.Harness;

namespace Paging.Bench.Reports;

/// <summary>What a goal limits.</summary>
internal enum GoalMeasure
{
    /// <summary>Our time over the limit's.</summary>
    TimesLimit,
    /// <summary>Our time over the host kernel's.</summary>
    TimesKernel,
    /// <summary>Our time.</summary>
    Nanoseconds,
    /// <summary>Our time minus the limit's: what is spent on keeping books.</summary>
    NanosecondsOverLimit,
    /// <summary>Managed bytes in any of our runs.</summary>
    AllocatedBytes,
}

/// <summary>A number to reach. Reported, never a reason to fail: times depend on the machine.</summary>
/// <param name="Issue">Who asks for it.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Sizes">At which sizes; none: at all of them.</param>
/// <param name="Measure">What is limited.</param>
/// <param name="AtMost">To how much.</param>
internal sealed record Goal(int Issue, string Operation, string[] Sizes, GoalMeasure Measure, double AtMost)
{
    /// <summary>True when it is about a race.</summary>
    public bool Concerns(RaceResult result) => string.Equals(Operation, result.Operation, StringComparison.Ordinal) && (Sizes.Length == 0 || Sizes.Contains(result.Size, StringComparer.Ordinal));

    /// <summary>What was reached; none where the race lacks what it is compared with.</summary>
    public double? Reached(RaceResult result)
    {
        Lap engine = result.Engine;
        return Measure switch
        {
            GoalMeasure.TimesLimit => result.Ratio(engine, Role.Limit),
            GoalMeasure.TimesKernel => result.Ratio(engine, Role.Kernel),
            GoalMeasure.Nanoseconds => engine.MinNanoseconds,
            GoalMeasure.NanosecondsOverLimit => engine.MinNanoseconds - result.Of(Role.Limit)?.MinNanoseconds,
            _ => engine.AllocatedBytes,
        };
    }

    /// <summary>The goal in words.</summary>
    public string Text => Measure switch
    {
        GoalMeasure.TimesLimit => $"at most {FigureText.Ratio(AtMost)} times the limit",
        GoalMeasure.TimesKernel => $"at least {FigureText.Ratio(1 / AtMost)} times as fast as the kernel",
        GoalMeasure.Nanoseconds => $"at most {FigureText.Nanoseconds(AtMost)} ns",
        GoalMeasure.NanosecondsOverLimit => $"at most {FigureText.Nanoseconds(AtMost)} ns over the limit",
        _ => "no managed bytes",
    };

    /// <summary>What was reached, in the words of the goal.</summary>
    public string ReachedText(double reached) => Measure switch
    {
        GoalMeasure.TimesLimit => FigureText.Ratio(reached),
        GoalMeasure.TimesKernel => FigureText.Ratio(1 / reached),
        GoalMeasure.AllocatedBytes => $"{reached:0.##} B",
        _ => $"{FigureText.Nanoseconds(reached)} ns",
    };
}
