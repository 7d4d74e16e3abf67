using Paging.Pictures.Writing;

namespace Paging.Pictures.Pages;

/// <summary>A finished story: its steps in order.</summary>
/// <param name="Name">Its name in addresses and on the command line.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Chapter">The article that it belongs to.</param>
/// <param name="Claim">The point that it makes, in a sentence.</param>
/// <param name="Steps">The steps.</param>
public sealed record Story(string Name, string Title, string Chapter, string Claim, IReadOnlyList<StoryStep> Steps)
{
    /// <summary>Its name in addresses and on the command line.</summary>
    public string Name { get; init => field = Required.Of(value); } = Required.Of(Name);

    /// <summary>Its heading.</summary>
    public string Title { get; init => field = Required.Of(value); } = Required.Of(Title);

    /// <summary>The article that it belongs to.</summary>
    public string Chapter { get; init => field = Required.Of(value); } = Required.Of(Chapter);

    /// <summary>The subject, in a sentence.</summary>
    public string Claim { get; init => field = Required.Of(value); } = Required.Of(Claim);

    /// <summary>The steps.</summary>
    public IReadOnlyList<StoryStep> Steps { get; init => field = Required.All(value); } = Required.All(Steps);
}
