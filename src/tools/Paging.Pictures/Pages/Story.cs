namespace Paging.Pictures.Pages;

/// <summary>A finished story: its steps in order.</summary>
/// <param name="Name">Its name in addresses and on the command line.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Chapter">The article that it belongs to.</param>
/// <param name="Claim">The point that it makes, in a sentence.</param>
/// <param name="Steps">The steps.</param>
public sealed record Story(string Name, string Title, string Chapter, string Claim, IReadOnlyList<StoryStep> Steps);
