using System.Reflection;
using Paging.Testing.Checks;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace Paging.Testing.Xunit;

/// <summary>Gives a theory one row for each recording whose name matches: <c>[Theory, Recordings("hand-*")]</c>.</summary>
/// <remarks>The theory has one parameter, a string: the name, for <see cref="RecordingLibrary.Check"/>.</remarks>
/// <param name="pattern">A name with <c>*</c> and <c>?</c>.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class RecordingsAttribute(string pattern) : DataAttribute
{
    /// <summary>The pattern.</summary>
    public string Pattern => pattern;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">No recording matches.</exception>
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker)
    {
        IReadOnlyList<string> names = RecordingLibrary.Names(pattern);
        if (names.Count == 0) throw new InvalidOperationException($"No recording is named '{pattern}'.");
        return ValueTask.FromResult<IReadOnlyCollection<ITheoryDataRow>>([.. names.Select(static name => new TheoryDataRow(name))]);
    }

    /// <inheritdoc/>
    public override bool SupportsDiscoveryEnumeration() => true;
}
