using System.Reflection;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>Dependencies point one way: each assembly uses only those that its line below names, and the runtime and packages.</summary>
public sealed class LayerTests
{
    private static readonly Dictionary<string, string[]> MayUse = new(StringComparer.Ordinal)
    {
        ["Paging.Native"] = [],
        ["Paging.Policies"] = [],    // replacement policies use no engine; the engine runs them
        ["Paging.Contracts"] = ["Paging.Native"],
        ["Paging.Core"] = ["Paging.Contracts", "Paging.Policies", "Paging.Native"],
        ["Paging.Reports"] = ["Paging.Core", "Paging.Contracts", "Paging.Native"],
        ["Paging.Costs"] = ["Paging.Core", "Paging.Contracts", "Paging.Native"],    // beside the engine, which does not use it
        ["Paging.Windows"] = ["Paging.Core", "Paging.Contracts", "Paging.Native"],    // beside Core's Linux, on the same machine
        ["Paging.Programs"] = ["Paging.Core", "Paging.Contracts", "Paging.Native"],
        ["Paging.Scripting"] = ["Paging.Reports", "Paging.Core", "Paging.Contracts", "Paging.Native"],
        ["Paging.HostKernel"] = ["Paging.Scripting", "Paging.Core", "Paging.Contracts", "Paging.Native"],
        ["Paging.Pictures"] = ["Paging.Core", "Paging.Contracts", "Paging.Native"],    // snapshots in, SVG and HTML out
        ["Paging.Tour"] =
            ["Paging.Pictures", "Paging.Costs", "Paging.Policies", "Paging.Programs", "Paging.Core", "Paging.Contracts", "Paging.Native"],
        ["Paging.Traces"] = ["Paging.Policies"],    // a trace needs no engine
        ["Paging.View"] =
            ["Paging.Pictures", "Paging.Scripting", "Paging.Reports", "Paging.Core", "Paging.Contracts", "Paging.Native"],
        ["Paging.ReferenceModel"] = ["Paging.Scripting", "Paging.Core", "Paging.Contracts", "Paging.Native"],
        ["Paging.Testing"] =
        [
            "Paging.ReferenceModel", "Paging.HostKernel", "Paging.Scripting", "Paging.Core", "Paging.Contracts", "Paging.Native",
        ],
        ["Paging.Testing.Xunit"] = ["Paging.Testing"],    // xunit comes with this one only
        ["Paging.Processors"] = ["Paging.Core", "Paging.Contracts", "Paging.Native"],    // no system calls
        ["Paging.Guest"] =
            ["Paging.Processors", "Paging.Programs", "Paging.Reports", "Paging.Core", "Paging.Contracts", "Paging.Native"],
        ["Paging.WindowsChecking"] =    // Windows' scenario dialect, its machine and its model
            ["Paging.Windows", "Paging.Scripting", "Paging.Core", "Paging.Contracts", "Paging.Native"],
        ["Paging.WindowsTour"] = ["Paging.Windows", "Paging.Tour", "Paging.Pictures", "Paging.Core", "Paging.Contracts", "Paging.Native"],
        ["Paging.Remote"] = ["Paging.Core", "Paging.Contracts", "Paging.Native"],    // Core does not use it
        ["Paging.Interop"] =    // a library for C
        [
            "Paging.Windows", "Paging.Costs", "Paging.Reports", "Paging.Pictures", "Paging.Traces", "Paging.Programs", "Paging.Policies",
            "Paging.Core", "Paging.Contracts", "Paging.Native",
        ],
        ["Paging.Cli"] =
        [
            "Paging.WindowsChecking", "Paging.WindowsTour", "Paging.Remote", "Paging.View", "Paging.Traces", "Paging.Costs",
            "Paging.Tour", "Paging.Pictures", "Paging.Testing", "Paging.Guest", "Paging.Processors", "Paging.HostKernel",
            "Paging.Scripting", "Paging.Windows", "Paging.Programs", "Paging.Reports", "Paging.Core", "Paging.Contracts", "Paging.Policies",
            "Paging.Native",
        ],
    };

    public static TheoryData<string> Projects => [.. MayUse.Keys];

    private static string AssemblyOf(string project) => string.Equals(project, "Paging.Cli", StringComparison.Ordinal) ? "paging" : project;

    [Fact]
    public void EveryProjectHasItsPlaceInTheLayers()
    {
        IEnumerable<string> withCode = Repository.Projects.Where(static project => project is not "Paging");    // a package of others
        Assert.Equal(MayUse.Keys.Order(StringComparer.Ordinal), withCode.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Projects))]
    public void AnAssemblyUsesOnlyAssembliesBelowIt(string project)
    {
        IEnumerable<string> used = Assembly.Load(AssemblyOf(project)).GetReferencedAssemblies()
            .Select(static reference => reference.Name!)
                .Where(static name => name.StartsWith("Paging", StringComparison.OrdinalIgnoreCase));
        Assert.Empty(used.Except(MayUse[project], StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Paging.Native")]
    [InlineData("Paging.Core")]
    public void TheEngineNeedsNothingButTheRuntime(string assembly)
    {
        IEnumerable<string> foreign = Assembly.Load(assembly).GetReferencedAssemblies().Select(static reference => reference.Name!)
            .Where(static name => !name.StartsWith("System", StringComparison.Ordinal)
                && !name.StartsWith("Paging.", StringComparison.Ordinal));
        Assert.Empty(foreign);
    }

    [Fact]
    public void NativeHasNoPolicyOfLinux()
    {
        string[] words = ["Process", "AddressSpace", "Area", "Vma", "File", "Errno", "Syscall"];
        IEnumerable<string> found = Assemblies.TypesOf(Assemblies.Native).Select(static type => type.Name)
            .Where(name => words.Any(word => name.StartsWith(word, StringComparison.Ordinal))
                && !name.StartsWith("Processor", StringComparison.Ordinal));
        Assert.Empty(found);
    }
}
