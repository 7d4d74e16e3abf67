using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The ways that ARCHITECTURE shows, call by call, are those of the built assemblies.</summary>
public sealed partial class WayTests
{
    private const int LongestWay = 11;    // a copy on write from the store to the entry, a swap-in under a limit

    public static TheoryData<string> Ways =>
        [.. WayLines().Matches(Repository.Read("docs/ARCHITECTURE.md")).Select(static match => Space().Replace(match.Value.Trim(), " "))];

    [Fact]
    public void BothWaysAreShown()
    {
        Assert.Contains(Ways, static way => way.Data.StartsWith("Mmu.Write →", StringComparison.Ordinal));
        Assert.Contains(Ways, static way => way.Data.StartsWith("AddressSpace.Map →", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Ways))]
    public void EachArrowIsACall(string way)
    {
        string[] steps = way.Split(" → ");
        Assert.InRange(steps.Length, 2, LongestWay);
        for (int i = 0; i + 1 < steps.Length; i++)
            Assert.True(Calls(steps[i]).Contains(steps[i + 1], StringComparer.Ordinal), $"{steps[i]} does not call {steps[i + 1]}.");
    }

    /// <summary>The methods that a method calls, as <c>Type.Member</c>.</summary>
    private static HashSet<string> Calls(string method)
    {
        string[] names = method.Split('.');
        HashSet<string> called = new(StringComparer.Ordinal);
        foreach (string assembly in new[] { "Paging.Native", "Paging.Core", "Paging.Interop" })
        {
            using PEReader file = new(File.OpenRead(Assemblies.Load(assembly).Location));
            MetadataReader reader = file.GetMetadataReader();
            foreach (MethodDefinition body in reader.MethodDefinitions.Select(reader.GetMethodDefinition))
            {
                string type = reader.GetString(reader.GetTypeDefinition(body.GetDeclaringType()).Name);
                bool isMeant = string.Equals(type, names[0], StringComparison.Ordinal)
                    && string.Equals(reader.GetString(body.Name), names[1], StringComparison.Ordinal);
                if (!isMeant || body.RelativeVirtualAddress == 0) continue;
                foreach (EntityHandle token in IlTokens.Of(file.GetMethodBody(body.RelativeVirtualAddress)))
                    if (NameOf(reader, token) is { } name) called.Add(name);
            }
        }

        return called;
    }

    private static string? NameOf(MetadataReader reader, EntityHandle token)
    {
        switch (token.Kind)
        {
            case HandleKind.MethodSpecification:
                return NameOf(reader, reader.GetMethodSpecification((MethodSpecificationHandle)token).Method);
            case HandleKind.MethodDefinition:
                MethodDefinition method = reader.GetMethodDefinition((MethodDefinitionHandle)token);
                TypeDefinition type = reader.GetTypeDefinition(method.GetDeclaringType());
                return $"{reader.GetString(type.Name)}.{reader.GetString(method.Name)}";
            case HandleKind.MemberReference:
                MemberReference member = reader.GetMemberReference((MemberReferenceHandle)token);
                if (member.Parent.Kind != HandleKind.TypeReference) return null;
                TypeReference owner = reader.GetTypeReference((TypeReferenceHandle)member.Parent);
                return $"{reader.GetString(owner.Name)}.{reader.GetString(member.Name)}";
            default:
                return null;
        }
    }

    [GeneratedRegex("^ {4,6}[A-Z]\\w+\\.\\w+(?:\\s+→ [A-Z]\\w+\\.\\w+)+$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex WayLines();

    [GeneratedRegex("\\s+", RegexOptions.None, 10_000)]
    private static partial Regex Space();
}
