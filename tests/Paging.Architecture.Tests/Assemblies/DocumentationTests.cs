using System.Reflection;
using System.Xml.Linq;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>Every public member has documentation.</summary>
public sealed class DocumentationTests
{
    public static TheoryData<string> Libraries =>
        ["Paging.Native", "Paging.Core", "Paging.Scripting", "Paging.Policies", "Paging.HostKernel", "Paging.Processors",
            "Paging.Guest", "Paging.Windows", "Paging.WindowsChecking", "Paging.WindowsTour", "Paging.Pictures",
            "Paging.Tour", "Paging.View", "Paging.Traces", "Paging.Remote", "Paging.Testing", "Paging.Testing.Xunit"];

    [Theory, MemberData(nameof(Libraries))]
    public void EveryPublicTypeHasItsSentence(string assembly)
    {
        string path = Path.Combine(AppContext.BaseDirectory, assembly + ".xml");
        Assert.True(File.Exists(path), $"{assembly}.xml does not come with the assembly.");
        Dictionary<string, string> sentences = XDocument.Load(path).Descendants("member")
            .ToDictionary(static member => member.Attribute("name")!.Value, static member =>
                member.Element("summary")?.Value.Trim() ?? "", StringComparer.Ordinal);
        IEnumerable<string> silent = Assembly.Load(assembly).GetExportedTypes()
            .Select(static type => $"T:{type.FullName!.Replace('+', '.')}")
            .Where(name => sentences.GetValueOrDefault(name, "").Length == 0);
        Assert.Empty(silent);
    }

    [Fact]
    public void NoProjectDisablesTheCompilersOwnCheck()
    {
        IEnumerable<string> off = Libraries.Select(static row => row.Data)
            .Select(static project => $"{Repository.FolderOf(project)}/{project}.csproj")
            .Append(".editorconfig").Append("Directory.Build.props")
            .Where(static path => Repository.Read(path).Contains("CS1591", StringComparison.Ordinal));
        Assert.Empty(off);
    }
}
