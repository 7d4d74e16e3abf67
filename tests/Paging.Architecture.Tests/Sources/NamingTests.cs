using System.Reflection;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>A name means one thing: one type in all assemblies, and a form that callers can rely on.</summary>
public sealed class NamingTests
{
    private static readonly Lazy<Assembly[]> Ours = new(static () =>
        [.. Repository.Projects.Select(AssemblyNameOf).Select(Assemblies.Load)]);

    /// <summary>Types of the same name in two assemblies are one type written twice, or two types that a reader takes for one.</summary>
    /// <remarks>
    /// The reference model is a second account of the same things in the same words, and shares no type with the engine: see
    /// <see cref="ReferenceModelTests"/>.
    /// </remarks>
    [Fact]
    public void NoTwoAssembliesDeclareATypeOfOneName()
    {
        IEnumerable<string> twice = Ours.Value.Where(static assembly => assembly.GetName().Name is not "Paging.ReferenceModel")
            .SelectMany(Assemblies.TypesOf)
            .Where(static type => !type.IsNested && !string.Equals(type.Name, "Program", StringComparison.Ordinal))
            .GroupBy(static type => type.Name, StringComparer.Ordinal)
            .Where(static types => types.Select(static type => type.Assembly).Distinct().Count() > 1)
            .Select(static types => $"{types.Key}: {string.Join(", ", types.Select(static type => type.Assembly.GetName().Name))}")
            .Order(StringComparer.Ordinal);
        Assert.True(!twice.Any(), string.Join('\n', twice));
    }

    /// <summary><c>Try…</c> returns whether it did it. A method that returns an error or a fault has another name.</summary>
    [Fact]
    public void EveryMethodThatTriesReturnsABool()
    {
        IEnumerable<string> others = Ours.Value.SelectMany(Assemblies.TypesOf)
            .SelectMany(static type => type.GetMethods(Assemblies.Everything))
            .Where(static method => !Assemblies.IsGenerated(method) && IsNamedTry(method.Name) && method.ReturnType != typeof(bool))
            .Select(static method => $"{Assemblies.NameOf(method)} returns {method.ReturnType.Name}")
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        Assert.True(!others.Any(), string.Join('\n', others));
    }

    [Theory]
    [InlineData("TryFind", true)]
    [InlineData("Trying", false)]
    [InlineData("Try", false)]
    [InlineData("Retry", false)]
    public void TheRuleRecognisesAMethodThatTries(string name, bool tries) => Assert.Equal(tries, IsNamedTry(name));

    private static bool IsNamedTry(string name) =>
        name.Length > 3 && name.StartsWith("Try", StringComparison.Ordinal) && char.IsUpper(name[3]);

    private static string AssemblyNameOf(string project) =>
        string.Equals(project, "Paging.Cli", StringComparison.Ordinal) ? "paging" : project;
}
