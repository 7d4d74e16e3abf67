namespace Paging.Fuzz;

/// <summary>One deliberate fault: a place in the engine's source, and what is to stand there instead.</summary>
/// <param name="Name">Short, with dashes.</param>
/// <param name="Description">What is then wrong with the engine.</param>
/// <param name="File">The source file, from the root of the repository.</param>
/// <param name="Targets">The targets that may catch it, tried in this order.</param>
/// <param name="Find">The text as it stands in the file, exactly once.</param>
/// <param name="Replace">What to put there.</param>
internal sealed record Canary(string Name, string Description, string File, IReadOnlyList<string> Targets, string Find, string Replace)
{
    /// <summary>The project that has to be built again: <c>src/Paging.Core</c>, or <c>src/windows/Paging.Windows</c>.</summary>
    public string Project => File[..(File.IndexOf(Assembly, StringComparison.Ordinal) + Assembly.Length)];

    /// <summary>The assembly of the project: the first folder with the product's name.</summary>
    public string Assembly => File.Split('/').First(static folder => folder.StartsWith("Paging.", StringComparison.Ordinal));
}
