using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>One rule for all groups: an assembly of more than two folders says in which order they build on each other.</summary>
public sealed class RoomsOfEveryAssemblyTests
{
    [Fact]
    public void AnAssemblyOfManyFoldersHasAListOfRooms()
    {
        IEnumerable<string> withRooms = typeof(RoomsTests).Assembly.GetTypes().Where(static type => type.IsSubclassOf(typeof(RoomsTests)))
            .Select(static type => ((RoomsTests)Activator.CreateInstance(type)!).AssemblyName);
        IEnumerable<string> withFolders = Repository.Projects.Where(static project => CountFolders(project) > 2);
        Assert.Equal(withFolders.Order(StringComparer.Ordinal), withRooms.Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    private static int CountFolders(string project) => Repository.SourcesUnder(Repository.FolderOf(project))
        .Select(path => Path.GetRelativePath(Repository.FolderOf(project), path).Split('/'))
        .Where(static parts => parts.Length > 1).Select(static parts => parts[0]).Distinct(StringComparer.Ordinal).Count();
}
