using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The reference model is worth something because it shares nothing with the engine but the words of the contract.</summary>
public sealed partial class ReferenceModelTests
{
    [Theory]
    [InlineData("Paging.Core", "src/Paging.Contracts")]
    [InlineData("Paging.Contracts", "src/Paging.Contracts")]
    [InlineData("Paging.Native", "src/Paging.Native/Primitives")]
    public void TheModelUsesOnlyContractsAndPrimitives(string assembly, string folder)
    {
        HashSet<string> allowed = [.. Repository.SourcesUnder(folder.Split('/'))
            .SelectMany(static path => Declaration().Matches(Repository.Read(path)).Select(static match => match.Groups["name"].Value))];
        Assert.NotEmpty(allowed);
        Assert.Empty(TypesUsedFrom(assembly).Except(allowed, StringComparer.Ordinal));
    }

    private static List<string> TypesUsedFrom(string assembly)
    {
        using PEReader file = new(File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Paging.ReferenceModel.dll")));
        MetadataReader metadata = file.GetMetadataReader();
        List<string> used = [];
        foreach (TypeReferenceHandle handle in metadata.TypeReferences)
        {
            TypeReference type = metadata.GetTypeReference(handle);
            if (type.ResolutionScope.Kind != HandleKind.AssemblyReference) continue;
            AssemblyReference scope = metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope);
            if (metadata.StringComparer.Equals(scope.Name, assembly)) used.Add(metadata.GetString(type.Name));
        }

        return used;
    }

    [GeneratedRegex(@"\b(enum|struct|class|interface|record)\s+(?<name>[A-Z]\w*)", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Declaration();
}
