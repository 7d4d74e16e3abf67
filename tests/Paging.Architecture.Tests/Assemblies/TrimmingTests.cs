using System.Reflection;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>
/// The libraries can be trimmed and compiled ahead of time: CI compiles the command and libpaging.so natively, with warnings as errors.
/// </summary>
public sealed class TrimmingTests
{
    [Theory]
    [InlineData("Paging.Native", "IsTrimmable")]
    [InlineData("Paging.Core", "IsTrimmable")]
    [InlineData("Paging.Scripting", "IsTrimmable")]
    [InlineData("Paging.Policies", "IsTrimmable")]
    [InlineData("Paging.Traces", "IsTrimmable")]
    [InlineData("Paging.Native", "IsAotCompatible")]
    [InlineData("Paging.Core", "IsAotCompatible")]
    [InlineData("Paging.Scripting", "IsAotCompatible")]
    [InlineData("Paging.Policies", "IsAotCompatible")]
    [InlineData("Paging.Traces", "IsAotCompatible")]
    public void ALibraryCarriesItsMark(string library, string mark)
    {
        AssemblyMetadataAttribute? found = Assemblies.Load(library).GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(attribute => string.Equals(attribute.Key, mark, StringComparison.Ordinal));
        Assert.Equal("True", found?.Value, ignoreCase: true);
    }
}
