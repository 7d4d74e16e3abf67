using System.Reflection;
using System.Xml.Linq;
using Paging.Packing;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The documentation in a package has what is public: src/Directory.Build.targets removes the rest.</summary>
public sealed class PackedDocumentationTests
{
    public static TheoryData<string> Documented { get; } =
    [
        .. Directory.EnumerateFiles(AppContext.BaseDirectory, "Paging.*.xml").Select(static path => Path.GetFileNameWithoutExtension(path)),
    ];

    [Theory, MemberData(nameof(Documented))]
    public void ItHasPublicTypesAndTheirUsableMembersAndNoOthers(string name)
    {
        Assembly assembly = Assemblies.Load(name);
        HashSet<string> usable = new(assembly.GetTypes().Where(static type => type.IsVisible).SelectMany(NamesOf), StringComparer.Ordinal);
        XDocument document = XDocument.Load(Path.Combine(AppContext.BaseDirectory, name + ".xml"));
        string[] all = [.. IdsIn(document)];
        PublicMembers.Of(assembly.Location).RemoveOthers(document);
        string[] kept = [.. IdsIn(document)];
        Assert.All(kept, id => Assert.Contains(NameIn(id), usable));
        Assert.All(all.Except(kept, StringComparer.Ordinal),
            id => Assert.True(!usable.Contains(NameIn(id)) || HasHiddenNamesake(assembly, NameIn(id)), id));
    }

    /// <summary>What the step is for: without it the package would name internal types.</summary>
    [Fact]
    public void TheWholeDocumentationNamesInternalTypes()
    {
        XDocument document = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "Paging.Core.xml"));
        const string Internal = "T:Paging.Core.Threads.SlowPath", Public = "T:Paging.Core.PagingEngine";
        Assert.Contains(Internal, IdsIn(document), StringComparer.Ordinal);
        PublicMembers.Of(Assemblies.Core.Location).RemoveOthers(document);
        Assert.DoesNotContain(Internal, IdsIn(document), StringComparer.Ordinal);
        Assert.Contains(Public, IdsIn(document), StringComparer.Ordinal);
    }

    private static IEnumerable<string> IdsIn(XDocument document) =>
        document.Descendants("member").Select(static member => member.Attribute("name")!.Value);

    private static string NameIn(string id) => id.Split('(')[0].Split("``")[0];

    private static IEnumerable<string> NamesOf(Type type)
    {
        string name = type.FullName!.Replace('+', '.');
        return type.GetMembers(Assemblies.Everything).Where(IsUsable)
            .Select(member => $"{KindOf(member)}:{name}.{member.Name.Replace('.', '#')}").Prepend("T:" + name);
    }

    /// <summary>True if one of the overloads cannot be used from outside.</summary>
    private static bool HasHiddenNamesake(Assembly assembly, string name) => assembly.GetTypes().Any(type =>
        name.StartsWith($"M:{type.FullName?.Replace('+', '.')}.", StringComparison.Ordinal) && type.GetMembers(Assemblies.Everything)
            .Any(member => !IsUsable(member) && name.EndsWith("." + member.Name.Replace('.', '#'), StringComparison.Ordinal)));

    private static bool IsUsable(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsUsable),
        EventInfo change => IsUsable(change.AddMethod!),
        _ => false,    // a nested type, which is listed by itself
    };

    private static char KindOf(MemberInfo member) => member switch
    {
        MethodBase => 'M',
        FieldInfo => 'F',
        PropertyInfo => 'P',
        _ => 'E',
    };
}
