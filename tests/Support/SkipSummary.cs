using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.ExceptionServices;
using Paging.Tests;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: CountSkips]
[assembly: AssemblyFixture(typeof(SkipSummary))]

namespace Paging.Tests;

/// <summary>
/// Prints one line after the last test of a project: how many tests were skipped, and why. The reasons name the command that helps.
/// </summary>
/// <remarks>
/// <c>dotnet test</c> shows it as a warning, because xunit.runner.json asks for diagnostic messages. Without skips it prints nothing.
/// </remarks>
public sealed class SkipSummary : IDisposable
{
    private const int ReasonCountMax = 4;
    private static readonly ConcurrentDictionary<string, string> ReasonByTest = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, int> CountByReason = new(StringComparer.Ordinal);
    private static int _testCount;

    /// <summary>The result of a test does not contain the reason of a skip, so the exception is inspected when it is thrown.</summary>
    public SkipSummary() => AppDomain.CurrentDomain.FirstChanceException += Remember;

    internal static void Count()
    {
        Interlocked.Increment(ref _testCount);
        if (TestContext.Current is not { TestState.Result: TestResult.Skipped, Test.UniqueID: { } test }) return;
        string reason = ReasonByTest.TryRemove(test, out string? known) ? known : "without a reason";
        CountByReason.AddOrUpdate(reason, 1, static (_, count) => count + 1);
    }

    private static void Remember(object? sender, FirstChanceExceptionEventArgs thrown)
    {
        if (thrown.Exception is not SkipException skip || TestContext.Current.Test?.UniqueID is not { } test) return;
        ReasonByTest[test] = skip.Message.Replace(DynamicSkipToken.Value, "", StringComparison.Ordinal).Split('\n')[0].Trim();
    }

    /// <summary>Prints the line.</summary>
    public void Dispose()
    {
        AppDomain.CurrentDomain.FirstChanceException -= Remember;
        if (Describe(CountByReason, _testCount) is { } line) TestContext.Current.SendDiagnosticMessage("{0}", line);
    }

    /// <summary>Returns the line: the most frequent reasons first; null if nothing was skipped.</summary>
    internal static string? Describe(IReadOnlyDictionary<string, int> countByReason, int testCount)
    {
        if (countByReason.Count == 0) return null;
        string[] reasons = [.. countByReason.OrderByDescending(static pair => pair.Value)
            .ThenBy(static pair => pair.Key, StringComparer.Ordinal)
            .Select(static pair => $"{pair.Value}: {pair.Key.TrimEnd('.')}")];
        string shown = string.Join("; ", reasons.Take(ReasonCountMax));
        string rest = reasons.Length > ReasonCountMax ? $"; and {reasons.Length - ReasonCountMax} reasons more" : "";
        return $"{countByReason.Values.Sum()} of {testCount} tests skipped. {shown}{rest}.";
    }
}

/// <summary>Counts every test of the project, and those that were skipped while they ran.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class CountSkipsAttribute : BeforeAfterTestAttribute
{
    public override void After(MethodInfo methodUnderTest, IXunitTest test) => SkipSummary.Count();
}
