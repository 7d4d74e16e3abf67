using Paging.Tests;
using Xunit;

namespace Paging.Fuzz.Tests;

/// <summary>Every public member of every packed assembly ends, and refuses wild arguments with a standard exception.</summary>
/// <remarks>
/// A new assembly falls into this net on the day it appears, or <see cref="EveryPackedAssemblyIsInTheNet"/> fails. The fuzzer's target api
/// makes the same calls in longer sequences.
/// </remarks>
public sealed class WildArgumentsTests
{
    private const int Rounds = 6;
    private static readonly TimeSpan CallTimeMax = TimeSpan.FromSeconds(30);    // a tenth of a second on a quiet host

    public static TheoryData<string, ulong> Assemblies
    {
        get
        {
            TheoryData<string, ulong> rows = [];
            foreach (string name in ApiSurface.AssemblyNames)
                for (ulong seed = 1; seed <= (ulong)Soak.Of(3, 1); seed++) rows.Add(name, seed);
            return rows;
        }
    }

    [Fact]
    public void EveryPackedAssemblyIsInTheNet()
    {
        string[] packed = [.. Directory.EnumerateFiles(Sources(), "*.csproj", SearchOption.AllDirectories)
            .Where(static file => !File.ReadAllText(file).Contains("<IsPackable>false", StringComparison.Ordinal))
            .Select(static file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];
        string[] known = [.. ApiSurface.AssemblyNames.Concat(ApiSurface.AssembliesLeftOut.Keys).Order(StringComparer.Ordinal)];
        Assert.Equal(packed, known);
        Assert.All(ApiSurface.AssemblyNames, static name => Assert.NotEmpty(ApiSurface.MembersOf(name)));
    }

    [Trait("Category", "Slow")]
    [Theory, MemberData(nameof(Assemblies))]
    public void NoMemberFailsInAWayOfItsOwn(string assembly, ulong seed)
    {
        List<ApiCall> script = ApiRun.Sweep(assembly, seed, Rounds);
        HashSet<string> defects = [];
        int at = -1;
        Thread worker = new(() =>
        {
            using ApiRun run = new(seed);
            foreach (ApiCall call in script)
            {
                Volatile.Write(ref at, at + 1);
                if (run.Execute(call) is { } defect) _ = defects.Add(defect);
            }

            Volatile.Write(ref at, script.Count);
            if (run.Finish() is { } left) _ = defects.Add(left);
        })
        { IsBackground = true };
        worker.Start();
        for (int seen = -1; !worker.Join(CallTimeMax);)
        {
            int now = Volatile.Read(ref at);
            string name = (uint)now < (uint)script.Count ? script[now].Member.Name : "the beginning or the end";
            Assert.True(now != seen, $"{name} has not ended within {CallTimeMax.TotalSeconds} s (call {now} of seed {seed}).");
            seen = now;
        }

        Assert.True(defects.Count == 0, string.Join('\n', defects));
    }

    /// <summary>Costs have no engine of their own, so each member finds an object here.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void EveryMemberOfCostsIsCalled()
    {
        HashSet<string> called = new(StringComparer.Ordinal);
        for (ulong seed = 1; seed <= 20; seed++)
        {
            using ApiRun run = new(seed);
            foreach (ApiCall call in ApiRun.Sweep("Paging.Costs", seed, 2)) _ = run.Execute(call);
            called.UnionWith(run.Called);
            _ = run.Finish();
        }

        Assert.Empty(ApiSurface.MembersOf("Paging.Costs").Select(static member => member.Name).Except(called, StringComparer.Ordinal));
    }

    private static string Sources()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Paging.sln"))) root = Path.GetDirectoryName(root)!;
        return Path.Combine(root, "src");
    }
}
